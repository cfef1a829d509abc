// The agent's tools that are taken away, each with the reason. Source:
// docs/gateway/config-tools/tool-policy.md and docs/gateway/security/tool-permissions.md in
// OpenClaw's package.

/** Denied for what the tool could reach or change, or because it cannot work without a network. */
export const deniedTools = {
  // Its own settings.
  gateway: "reads the agent's own settings and starts updates of it",
  openclaw: 'changes settings, installs and restarts: the stack is changed in clincher.yaml',
  plugins: 'installs code that runs inside the gateway process',
  // Other machines.
  nodes: 'runs commands on other machines that were paired',
  computer: "drives another machine's screen and keyboard",
  portal: 'publishes a local port to the outside',
  // The browser of the person who is signed in: it has a network where the agent has none.
  canvas: "shows pages the agent wrote in a person's browser, which can load from outside",
  show_widget: "runs scripts the agent wrote in a person's browser, which can load from outside",
  dashboard: "pins pages the agent wrote in a person's browser",
  screen: "opens pages and panels in a person's browser",
  terminal: "opens a shell in a person's browser",
  // The network.
  browser: 'browses the web; the only way out is declared hosts, over egress',
  web_fetch: 'dials the web; the only way out is declared hosts, over egress',
  web_search: 'dials search providers; the only way out is declared hosts, over egress',
  x_search: 'dials a search provider; the only way out is declared hosts, over egress',
  image_generate: 'calls providers past llm, its budget and its record',
  music_generate: 'calls providers past llm, its budget and its record',
  video_generate: 'calls providers past llm, its budget and its record',
  tts: 'calls providers past llm, its budget and its record',
} as const satisfies Record<string, string>;

export const deniedToolNames: readonly string[] = Object.keys(deniedTools);
