// The agent's tools that are taken away, each with the reason. Source: docs/gateway/config-tools/tool-policy.md
// and docs/gateway/security/tool-permissions.md in OpenClaw's package.

/** Denied for what the tool could reach or change, or because it cannot work without a network. */
export const deniedTools = {
  gateway: "reads the agent's own settings and starts updates of it",
  openclaw: 'changes settings, installs and restarts: the stack is changed in clincher.yaml',
  plugins: 'installs code that runs inside the gateway process',
  nodes: 'runs commands on other machines that were paired',
  computer: "drives another machine's screen and keyboard",
  browser: 'needs a browser and a network, and would browse past egress',
  terminal: 'opens a shell in the page of whoever is signed in',
  portal: 'publishes a local port to the outside',
  web_fetch: 'dials the web; there is no way out but declared hosts',
  web_search: 'dials search providers; there is no way out but declared hosts',
  x_search: 'dials a search provider; there is no way out but declared hosts',
  image_generate: 'calls providers other than llm',
  music_generate: 'calls providers other than llm',
  video_generate: 'calls providers other than llm',
  tts: 'calls providers other than llm',
} as const satisfies Record<string, string>;

export const deniedToolNames: readonly string[] = Object.keys(deniedTools);
