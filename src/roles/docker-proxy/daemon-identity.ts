// Who the daemon is: the id it made when it was installed and keeps over restarts.

import { askWholeOver } from './ask-daemon.ts';
import type { AskIdentity } from './daemon-pool.ts';

const infoBytesMax = 1024 * 1024;

export function createAskIdentity(timeoutMs: number): AskIdentity {
  return async (link) => {
    const call = { method: 'GET', path: '/info', body: null, upgrade: null };
    const answer = await askWholeOver(link, call, { timeoutMs, bytesMax: infoBytesMax });
    if ('failed' in answer || answer.head.status !== 200) return null;
    try {
      const info: unknown = JSON.parse(answer.body.toString());
      const id = typeof info === 'object' && info !== null ? Reflect.get(info, 'ID') : undefined;
      return typeof id === 'string' && id !== '' ? id : null;
    } catch {
      return null;
    }
  };
}
