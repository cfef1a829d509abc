// Asks OpenClaw's gateway one thing over its WebSocket, as a program at its own machine that knows
// the token, and may read and no more.
// Source: docs/gateway/protocol/handshake.md and docs/gateway/operator-scopes.md in its package.

const answerBytesMax = 4 * 1024 * 1024;

/** Resolves to the answer's payload; null where there is none in time. Never rejects. */
export function askGateway(
  url: string,
  token: string,
  method: string,
  params: object,
  deadlineMs: number,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const socket = new WebSocket(url);
  const timer = setTimeout(() => resolve(null), deadlineMs);
  const send = (id: string, name: string, more: object) =>
    socket.send(JSON.stringify({ type: 'req', id, method: name, params: more }));
  socket.addEventListener('message', ({ data }) => {
    const said = parsed(data);
    if (said === null) return resolve(null);
    if (said.event === 'connect.challenge') return send('connect', 'connect', hello(token));
    if (said.id === 'connect')
      return said.ok === true ? send('ask', method, params) : resolve(null);
    if (said.id === 'ask') resolve(said.ok === true ? (said.payload ?? null) : null);
  });
  socket.addEventListener('error', () => resolve(null));
  socket.addEventListener('close', () => resolve(null));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function hello(token: string): object {
  const client = { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' };
  const protocol = { minProtocol: 4, maxProtocol: 4, client, caps: [], commands: [] };
  return { ...protocol, role: 'operator', scopes: ['operator.read'], auth: { token } };
}

interface Frame {
  readonly event?: unknown;
  readonly id?: unknown;
  readonly ok?: unknown;
  readonly payload?: unknown;
}

function parsed(data: unknown): Frame | null {
  if (typeof data !== 'string' || data.length > answerBytesMax) return null;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === 'object' && frame !== null ? frame : null;
  } catch {
    return null;
  }
}
