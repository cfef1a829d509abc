// Uptime Kuma by the one way it has in: the events of its own page, over socket.io. There is no
// other API that writes, and this one has no version: what it does not answer in time, or answers
// otherwise, ends it.

import { io } from 'socket.io-client';
import { ClincherError } from '../kit/error.ts';
import type { Secret } from '../kit/secret.ts';
import type { KumaChange, KumaMonitor } from './plan.ts';

export interface KumaSignIn {
  readonly url: string;
  readonly user: string;
  readonly password: Secret;
  /** Whether one that nobody has set up yet is to get its user now. */
  readonly setUp: boolean;
}

export interface Kuma extends Disposable {
  /** Whether it had no user yet. */
  readonly isNew: boolean;
  monitors(): Promise<readonly KumaMonitor[]>;
  apply(change: KumaChange): Promise<void>;
}

interface Answer {
  readonly ok?: boolean;
  readonly msg?: string;
  readonly tokenRequired?: boolean;
}

const waitMs = 15_000;

/**
 * Until somebody has set it up, the first who comes is its user.
 * @throws ClincherError `kuma-unreachable`, `kuma-refused`
 */
export async function openKuma({ url, user, password, setUp }: KumaSignIn): Promise<Kuma> {
  const socket = io(url, { transports: ['websocket'], reconnection: false, timeout: waitMs });
  const ask = async <Reply>(event: string, ...args: readonly unknown[]): Promise<Reply> => {
    const reply = socket.timeout(waitMs).emitWithAck(event, ...args);
    return (await reply.catch(() => {
      throw unreachable(url, `no answer to ${event}`);
    })) as Reply;
  };
  const must = async (event: string, ...args: readonly unknown[]) => {
    const { ok, msg, tokenRequired } = await ask<Answer>(event, ...args);
    if (ok === true) return;
    throw refused(tokenRequired === true ? 'it asks for a second factor' : `${event}: ${msg}`);
  };
  let monitors: readonly KumaMonitor[] | null = null;
  let version = '';
  socket.on('monitorList', (list: Readonly<Record<string, KumaMonitor>>) => {
    monitors = Object.values(list);
  });
  socket.on('info', (info: { readonly version?: string }) => {
    version = info.version ?? version;
  });
  try {
    await connected(socket, url);
    const isNew = await ask<boolean>('needSetup');
    const isClosed = isNew && !setUp;
    if (isNew && setUp) await must('setup', user, password.reveal());
    if (!isClosed) await must('login', { username: user, password: password.reveal(), token: '' });
    return {
      isNew,
      monitors: async () => {
        if (isClosed) return [];
        monitors = null;
        await must('getMonitorList');
        if (monitors === null) throw unreachable(url, 'no list of monitors came');
        return monitors;
      },
      apply: async (change) => {
        if (change.kind === 'remove') return must('deleteMonitor', change.there.id);
        if (change.kind === 'edit') {
          return must('editMonitor', { ...change.there, ...change.wanted });
        }
        return must('add', { ...change.wanted, ...onlyWhenNew, ...conditionsOf(version) });
      },
      [Symbol.dispose]: () => void socket.disconnect(),
    };
  } catch (error) {
    socket.disconnect();
    throw error;
  }
}

/** Who is told and whether it is paused is for people to say, once it is there. */
const onlyWhenNew = { active: true, notificationIDList: {} };

/** A column that may not be empty, from the first beta of 2.0 on; before, one that is not there. */
function conditionsOf(version: string): object {
  return /^(?:1\.|2\.0\.0-dev)/.test(version) ? {} : { conditions: [] };
}

function connected(socket: ReturnType<typeof io>, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', ({ message }) => reject(unreachable(url, message)));
  });
}

function unreachable(url: string, why: string): ClincherError {
  return new ClincherError('kuma-unreachable', `Uptime Kuma at ${url}: ${why}`, {
    fix: 'Is it running there? It listens on 3001 unless it is told otherwise.',
  });
}

function refused(why: string): ClincherError {
  return new ClincherError('kuma-refused', `Uptime Kuma refuses: ${why}`, {
    fix: 'Nothing after this was changed; run the same command again when it is mended.',
  });
}
