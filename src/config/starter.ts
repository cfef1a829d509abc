// The file that `clincher up` writes when there is none: short, working, and saying what else
// there is.

/** `schema` is a path or URL to clincher.schema.json, for editors. */
export function starterText(schema: string): string {
  return `# yaml-language-server: $schema=${schema}
# clincher's one file. \`clincher check\` reads it and says whether the stack it declares is safe.
version: 1

# Who answers the agent's model calls. The key is a reference, never the key itself:
# env:NAME (a variable where clincher is started), file:PATH, or store:NAME (clincher's own store).
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }

# A hard limit in US dollars: what would go beyond it is refused before it is sent.
budget: { usd: 20, per: day }

# Everything below has these defaults; take away the # to change one.
#
# models:
#   default: anthropic/claude-sonnet-5
#
# ingress: { listen: "127.0.0.1:8443", origin: "https://localhost:8443" }
#
# Hosts beyond the providers' own, by who may reach them:
# egress:
#   rules:
#     - { caller: gateway, hosts: [api.telegram.org] }
#
# Where the agent's tools run:
# sandbox: { backend: ssh }
`;
}
