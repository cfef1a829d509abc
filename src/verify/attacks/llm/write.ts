// How requests to the model proxy are written for the tables beside this.

import type { Reason } from '../../../policy/reasons.ts';
import type { WireAttack } from '../model.ts';

/** Stands for the key that the agent holds; it is read where the attack is fired. */
export const agentKeyMark = '<agent-key>';
export const ownKey = `Authorization: Bearer ${agentKeyMark}`;
/** A model that no stack has: what gets past what it must not is refused for that, at least. */
export const noModel = 'clincher-no-such-model';

export function request(line: string, headers: readonly string[], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [`${line} HTTP/1.1`, 'Host: llm', 'Connection: close', ...headers, ...length];
  return `${head.join('\r\n')}\r\n\r\n${Buffer.from(body).toString('latin1')}`;
}

export function chat(body: unknown, headers: readonly string[] = [ownKey]): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return request('POST /v1/chat/completions', [...headers, 'Content-Type: application/json'], text);
}

export function refused(
  status: number,
  reason: Reason,
  rows: readonly (readonly [tries: string, bytes: string])[],
): readonly WireAttack[] {
  return rows.map(([tries, bytes]) => ({ tries, bytes, status, reason }));
}
