// Where things are inside a service: the same for every service and every driver.

export const inside = {
  /** Our program, read-only: the folder that holds src/ and node_modules/. */
  program: '/opt/clincher',
  /** Node 24. */
  node: '/opt/node/bin/node',
  /** The agent's package folder, read-only, in the gateway only. */
  agent: '/opt/agent',
  run: '/run/clincher',
  settings: '/run/clincher/settings.json',
  secrets: '/run/clincher/secrets',
  /** What a service reads again while it runs. */
  live: '/run/clincher/live',
  state: '/var/lib/clincher',
} as const;

/** The edge from the driver itself to each service's admin socket, for readiness. */
export const supervisorName = 'supervisor';

export function listenFolder(caller: string, port: string): string {
  return `${inside.run}/in/${caller}.${port}`;
}

export function dialFolder(callee: string, port: string): string {
  return `${inside.run}/out/${callee}.${port}`;
}

export function socketIn(folder: string): string {
  return `unix:${folder}/sock`;
}
