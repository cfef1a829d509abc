// What a container was really given, looked at from inside before the first command runs in it. The
// daemon follows links on the host, as root, when it mounts: whoever can put a link in the place of
// a folder right after it was looked at has it mount what the link leads to.

import type { Refusal } from '../../policy/docker/model.ts';
import { askWhole, type WholeAnswer } from './ask-daemon.ts';
import type { DaemonFailure } from './daemon-pool.ts';
import type { Exchange } from './exchange.ts';
import { refusalOf } from './give-refusal.ts';
import { folderAt, mountedAt, readMountTable } from './mount-table.ts';
import { ownMountTable } from './own-mount-table.ts';
import { idIn, inspectContainer, parsed } from './resolve-reference.ts';

const lookedAtMax = 1_024;

interface Run {
  /** Another for each start. */
  readonly text: string;
  readonly binds: readonly { readonly source: string; readonly target: string }[];
}

/**
 * Null when commands may run in it. A command that was made in an earlier run is gone with that, so
 * one that can be started belongs to the run that was looked at, or to none.
 */
export async function checkMounted(
  exchange: Exchange,
  container: string,
): Promise<Refusal | DaemonFailure | null> {
  const { state } = exchange;
  const run = await runOf(exchange, container);
  if (run === null || 'failed' in run) return run;
  if (state.lookedAt.get(container) === run.text) return null;
  if (run.binds.length > 0) {
    const inside = await insideOf(exchange, container);
    if ('failed' in inside) return inside;
    // What was read may be of a run after the one that was asked about.
    const now = await runOf(exchange, container);
    if (now !== null && 'failed' in now) return now;
    if (now?.text !== run.text) return refusalOf('docker-bind-linked');
    if (!areMeant(run, inside.text)) {
      await ask(exchange, 'POST', `/containers/${container}/kill`);
      return refusalOf('docker-bind-linked');
    }
  }
  if (state.lookedAt.size >= lookedAtMax) state.lookedAt.clear();
  state.lookedAt.set(container, run.text);
  return null;
}

function areMeant({ binds }: Run, inside: string): boolean {
  const here = ownMountTable();
  const there = readMountTable(inside);
  return binds.every(({ source, target }) => {
    const meant = folderAt(here, source);
    return meant !== null && mountedAt(there, target) === meant;
  });
}

/** Null when it does not run: the daemon has its own words for that. */
async function runOf(exchange: Exchange, id: string): Promise<Run | DaemonFailure | null> {
  const inspected = await inspectContainer(exchange, null, id);
  if ('failed' in inspected) return inspected;
  const { value } = inspected;
  const state = fieldOf(value, 'State');
  if (fieldOf(state, 'Running') !== true) return null;
  const mounts = fieldOf(fieldOf(value, 'HostConfig'), 'Mounts');
  const binds = (Array.isArray(mounts) ? mounts : [])
    .filter((mount) => fieldOf(mount, 'Type') === 'bind')
    .map((mount) => ({
      source: String(fieldOf(mount, 'Source')),
      target: String(fieldOf(mount, 'Target')),
    }));
  return { text: `${fieldOf(state, 'StartedAt')} ${fieldOf(state, 'Pid')}`, binds };
}

/** Its mount table, printed by a program of its image; empty when there is none that does. */
async function insideOf(
  exchange: Exchange,
  container: string,
): Promise<{ readonly text: string } | DaemonFailure> {
  const command = {
    AttachStdout: true,
    Cmd: ['cat', '/proc/self/mountinfo'],
    Env: ['PATH=/usr/local/bin:/usr/bin:/bin'],
    WorkingDir: '/',
  };
  const made = await ask(exchange, 'POST', `/containers/${container}/exec`, command);
  if ('failed' in made) return made;
  const id = made.head.status === 201 ? idIn(parsed(made.body)) : null;
  if (id === null) return { text: '' };
  const printed = await ask(exchange, 'POST', `/exec/${id}/start`, { Detach: false, Tty: false });
  if ('failed' in printed) return printed;
  return { text: printed.head.status === 200 ? unframed(printed.body) : '' };
}

/** Each piece of an output has eight bytes before it: which output, and its length. */
function unframed(bytes: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    pieces.push(bytes.subarray(at + 8, end));
    at = end;
  }
  return Buffer.concat(pieces).toString();
}

function ask(
  exchange: Exchange,
  method: string,
  path: string,
  value?: unknown,
): Promise<WholeAnswer | DaemonFailure> {
  const { pool, settings } = exchange.context;
  const { answerTimeoutMs, answerBytesMax } = settings.limits;
  const body = Buffer.from(value === undefined ? '' : JSON.stringify(value));
  const bounds = { timeoutMs: answerTimeoutMs, bytesMax: answerBytesMax };
  return askWhole(pool, { method, path, body, upgrade: null }, bounds);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
