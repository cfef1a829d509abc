// A device that OpenClaw has never seen asks its gateway to be let in, from wherever the connection
// comes: what it is told says whether the gateway takes it for a person at its own machine.
// Source: docs/gateway/protocol/handshake.md and auth.md in OpenClaw's package.

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { type ClientOptions, WebSocket } from 'ws';

export interface DeviceKeys {
  readonly id: string;
  readonly publicKey: string;
  readonly signed: (text: string) => string;
}

export function newDevice(): DeviceKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    id: createHash('sha256').update(raw).digest('hex'),
    publicKey: raw.toString('base64url'),
    signed: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

interface Challenge {
  readonly nonce: string;
  readonly ts: number;
}

/** The answer to the gateway's challenge, as the agent's own command line gives it. */
export function connectFrame(device: DeviceKeys, token: string, { nonce, ts }: Challenge): string {
  const client = { id: 'cli', version: '1.0.0', platform: 'linux', mode: 'cli' };
  const [role, scope] = ['operator', 'operator.read'];
  const { id, publicKey } = device;
  const said = ['v3', id, client.id, client.mode, role, scope, ts, token, nonce, 'linux', ''];
  const proof = { id, publicKey, signature: device.signed(said.join('|')), signedAt: ts, nonce };
  const asked = { minProtocol: 4, maxProtocol: 4, client, role, scopes: [scope] };
  const params = { ...asked, caps: [], commands: [], auth: { token }, device: proof };
  return JSON.stringify({ type: 'req', id: '1', method: 'connect', params });
}

/**
 * `let in`, the code of the gateway's refusal, or the status of whoever would not open a WebSocket.
 */
export function askToBeLetIn(
  url: string,
  token: string,
  options: ClientOptions = {},
): Promise<string> {
  const socket = new WebSocket(url, options);
  return new Promise<string>((resolve, reject) => {
    socket.on('message', (data) => {
      const { event, payload, ok, error } = JSON.parse(String(data));
      if (event === 'connect.challenge') socket.send(connectFrame(newDevice(), token, payload));
      else if (ok !== undefined) resolve(ok ? 'let in' : (error?.details?.code ?? error?.code));
    });
    socket.once('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)));
    socket.once('close', (code, reason) => resolve(`${code} ${reason}`));
    socket.once('error', reject);
  }).finally(() => socket.terminate());
}

/** The same as a program for the agent's own jail, where it is at the gateway's machine. */
export const askFromInside = `
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
const newDevice = ${newDevice.toString()};
const connectFrame = ${connectFrame.toString()};
const socket = new WebSocket('ws://127.0.0.1:18789/');
socket.onmessage = ({ data }) => {
  const { event, payload, ok, error } = JSON.parse(data);
  if (event === 'connect.challenge') {
    socket.send(connectFrame(newDevice(), probeInput.token, payload));
  } else if (ok !== undefined) {
    process.stdout.write(ok ? 'let in' : (error?.details?.code ?? error?.code));
    process.exit(0);
  }
};
`;
