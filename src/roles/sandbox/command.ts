// One command: judged, given a jail of its own, its streams carried both ways within bounds, and
// one record written when it is over.

import type { Readable, Writable } from 'node:stream';
import type { ServerChannel, Session } from 'ssh2';
import type { Decision } from '../../policy/decision.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import { judgeCommand, summaryOf } from '../../policy/sandbox-ssh.ts';
import { type AskedJail, askJail } from './ask-jail.ts';
import { type House, writeRecord } from './house.ts';
import { deny, heldBytesMax, type Visit } from './visit.ts';

export interface AskedCommand {
  readonly session: Session;
  readonly terminal: { readonly columns: number; readonly rows: number } | null;
  readonly command: string;
  readonly accept: () => ServerChannel;
  readonly reject: () => void;
}

/** Codes of a shell: 126 cannot be run; of timeout(1) and ssh(1) for what ended it otherwise. */
const exitCodes = { refused: 126, ended: 124, unavailable: 255 } as const;

const lastWordsMs = 2_000;

interface Carried {
  in: number;
  out: number;
}

/** Never rejects. */
export async function runCommand(house: House, visit: Visit, asked: AskedCommand): Promise<void> {
  const scope = visit.scope ?? '';
  const startedMs = house.world.monotonicMs();
  const requestId = house.world.randomId();
  const carried: Carried = { in: 0, out: 0 };
  const end = (decision: Decision, exit: number | null) => {
    const seconds = (house.world.monotonicMs() - startedMs) / 1_000;
    house.metrics.seconds.observe({ caller: visit.caller }, seconds);
    for (const direction of ['in', 'out'] as const) {
      house.metrics.bytes.inc({ caller: visit.caller, direction }, carried[direction]);
    }
    const summary = summaryOf(asked.command);
    const fields = {
      scope,
      asked: summary.step ?? summary.program,
      ...summary,
      terminal: asked.terminal !== null,
      exit,
      bytesIn: carried.in,
      bytesOut: carried.out,
    };
    writeRecord(house, visit.caller, decision, startedMs, fields, requestId);
  };
  const channel = asked.accept();
  const refused = refusalOf(house, asked.command, startedMs);
  if (refused !== null) {
    say(channel, refused, requestId, exitCodes.refused);
    return end(deny(refused), null);
  }
  const over = new AbortController();
  // Whoever can only take away is let to.
  let mayWrite = false;
  const endWhenFull = () => {
    if (mayWrite) over.abort();
  };
  const leave = house.load.open(scope, endWhenFull, startedMs);
  const rest = visit.working();
  try {
    const onlyDelete = await house.storage.isFull(scope);
    mayWrite = !onlyDelete;
    const { command, terminal } = asked;
    const order = { scope, command, terminal, onlyDelete };
    const jail = await askJail(house.settings.jails, order, house.settings.limits.startTimeoutMs);
    const outcome = await carry(house, visit, asked.session, channel, jail, over, carried);
    if (onlyDelete) house.storage.forget(scope);
    if (outcome.why !== null) say(channel, outcome.why, requestId, exitCodes.ended);
    else if (onlyDelete && outcome.exit !== 0)
      say(channel, 'sandbox-full', requestId, outcome.exit ?? exitCodes.ended);
    else finish(channel, outcome.exit ?? exitCodes.unavailable);
    end(outcome.why === null ? allowed(scope) : deny(outcome.why), outcome.exit);
  } catch (error) {
    house.telemetry.log.warn('jail-missing', { requestId, scope, why: String(error) });
    say(channel, 'sandbox-unavailable', requestId, exitCodes.unavailable);
    end(deny('sandbox-unavailable'), null);
  } finally {
    leave();
    rest();
  }
}

function refusalOf({ settings, load }: House, command: string, nowMs: number): Reason | null {
  const { limits } = settings;
  const judged = judgeCommand(command, limits.commandBytesMax);
  if (judged.verdict === 'deny') return judged.reason;
  if (load.commands() >= limits.commandsMax) return 'sandbox-commands-too-many';
  const tooFast = load.startsSince(nowMs - 60_000) >= limits.commandsPerMinuteMax;
  return tooFast ? 'sandbox-commands-too-fast' : null;
}

function allowed(scope: string): Decision {
  return { verdict: 'allow', reason: 'allowed', rule: `scope ${scope}` };
}

interface Outcome {
  /** Null when the other end left before it was over. */
  readonly exit: number | null;
  readonly why: Reason | null;
}

async function carry(
  house: House,
  visit: Visit,
  session: Session,
  channel: ServerChannel,
  jail: AskedJail,
  over: AbortController,
  carried: Carried,
): Promise<Outcome> {
  const { limits } = house.settings;
  let why: Reason | null = null;
  let isGone = false;
  const stop = (reason: Reason | null) => {
    why ??= reason;
    jail.kill();
    // Whoever reads nothing would keep what is left for ever.
    if (reason !== null) lost = setTimeout(() => visit.socket.destroy(), lastWordsMs);
  };
  let lost: NodeJS.Timeout | undefined;
  const gone = () => {
    isGone = true;
    stop(null);
  };
  const timer = setTimeout(() => stop('sandbox-too-long'), limits.commandMs);
  const full = () => stop('sandbox-full');
  over.signal.addEventListener('abort', full);
  if (over.signal.aborted) full();
  session.on('signal', (accept) => {
    accept?.();
    stop(null);
  });
  channel.on('close', gone);
  visit.socket.on('close', gone);
  if (visit.socket.destroyed) gone();
  takeInput(visit, channel, jail.stdin, (bytes) => {
    carried.in += bytes;
    if (carried.in > limits.streamBytesMax) stop('sandbox-bytes-too-many');
  });
  const send = sender(visit, channel, () => isGone);
  const take = (stream: Readable, to: Writable) =>
    takeOutput(stream, async (chunk) => {
      carried.out += chunk.length;
      if (carried.out > limits.streamBytesMax) stop('sandbox-bytes-too-many');
      await send(to, chunk);
    });
  const outputs = [take(jail.stdout, channel), take(jail.stderr, channel.stderr)];
  const [exit] = await Promise.all([jail.ended, ...outputs]);
  clearTimeout(timer);
  clearTimeout(lost);
  visit.socket.off('close', gone);
  jail.stdin.destroy();
  return { exit: isGone ? null : exit, why };
}

/** What the command does not read stays with the sender: SSH's window is not opened further. */
function takeInput(
  visit: Visit,
  channel: ServerChannel,
  stdin: Writable,
  count: (bytes: number) => void,
): void {
  stdin.on('error', () => {});
  stdin.on('drain', () => channel.resume());
  const watch = () => {
    if (channel.readableLength > heldBytesMax) visit.end('ssh-protocol-broken');
  };
  visit.socket.on('data', watch);
  stdin.once('close', () => visit.socket.off('data', watch));
  channel.on('data', (chunk: Buffer) => {
    count(chunk.length);
    if (!stdin.destroyed && !stdin.write(chunk)) channel.pause();
  });
  channel.on('end', () => stdin.end());
}

async function takeOutput(stream: Readable, give: (chunk: Buffer) => Promise<void>): Promise<void> {
  try {
    for await (const chunk of stream) await give(chunk);
  } catch {
    // The pipe broke with its jail, whose end is told elsewhere.
  }
}

/**
 * One chunk at a time over both streams: the library forgets one of two that wait for the window.
 * Resolves when it is sent, or when nobody is there any more.
 */
function sender(visit: Visit, channel: ServerChannel, isGone: () => boolean) {
  let last: Promise<void> = Promise.resolve();
  const { socket } = visit;
  const sent = (to: Writable, chunk: Buffer) =>
    new Promise<void>((resolve) => {
      if (isGone() || !channel.writable) return resolve();
      channel.once('close', resolve);
      socket.once('close', resolve);
      const done = () => {
        channel.off('close', resolve);
        socket.off('close', resolve);
        resolve();
      };
      to.write(chunk, () => {
        if (socket.writableLength < heldBytesMax / 8 || isGone()) return done();
        socket.once('drain', done);
      });
    });
  return (to: Writable, chunk: Buffer): Promise<void> => {
    last = last.then(() => sent(to, chunk));
    return last;
  };
}

/** The reason as people read it, on the command's own error stream. */
function say(channel: ServerChannel, reason: Reason, requestId: string, exit: number): void {
  if (channel.writable) {
    channel.stderr.write(`clincher: ${reasons[reason]} (${reason}, request ${requestId})\n`);
  }
  finish(channel, exit);
}

function finish(channel: ServerChannel, exit: number): void {
  if (!channel.writable) return;
  channel.exit(exit);
  channel.end();
}
