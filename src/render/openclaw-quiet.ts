// What the agent would do by itself: dial, announce, update, restart, spend. All of it off, each
// with its reason.

/**
 * Source: docs/gateway/config-*.md, docs/concepts/dreaming.md and docs/concepts/memory-search.md of
 * OpenClaw.
 */
export const quiet = {
  // Agents of other vendors, started as programs that are not in the jail.
  acp: { enabled: false },
  browser: { enabled: false },
  // Chat commands that would change settings or run a shell, past the tools that are denied for the
  // same.
  commands: {
    bash: false,
    config: false,
    debug: false,
    mcp: false,
    plugins: false,
    // Who starts and stops it is the driver.
    restart: false,
  },
  discovery: { mdns: { mode: 'off' } },
  // Embeddings would be asked of a provider that is not llm; search by words stays.
  memory: { search: { provider: 'none' } },
  plugins: {
    // What is not listed is not loaded: less code beside the agent's secrets, and a faster start.
    allow: ['anthropic', 'openai', 'memory-core', 'device-pair'],
    // A nightly model call that nobody asked for.
    entries: { 'memory-core': { config: { dreaming: { enabled: false } } } },
  },
  telemetry: { enabled: false },
  update: { checkOnStart: false, auto: { enabled: false } },
} as const;
