// Makes a command that can be started in a container: its place among the caller's commands is
// taken first, and its id is kept, because whoever has an exec id can start it.

import type { Call, JudgedBody } from '../../policy/docker/model.ts';
import { askWhole } from './ask-daemon.ts';
import { endFailed } from './end-failed.ts';
import type { Exchange } from './exchange.ts';
import type { KnownExec } from './execs.ts';
import { refusalOf, refuse } from './give-refusal.ts';
import { giveWhole } from './give-whole.ts';
import { idIn, parsed, type Resolved } from './resolve-reference.ts';
import { shapeWhole } from './shape-whole.ts';
import type { DaemonCall } from './write-call.ts';

/** One that nobody has started for so long is not counted any more. */
const startWithinMs = 10 * 60_000;

export async function createExec(
  exchange: Exchange,
  call: Call,
  { id: container, isOwn }: Resolved,
  judged: JudgedBody,
  ask: DaemonCall,
): Promise<boolean> {
  const { state, context } = exchange;
  const tooFast = state.limits.exec();
  if (tooFast !== null) return refuse(exchange, refusalOf(tooFast));
  const place = await state.execs.reserve((exec) => isOver(exchange, exec));
  if (place === null) return refuse(exchange, refusalOf('docker-execs-too-many'));
  try {
    const { answerTimeoutMs, answerBytesMax } = context.settings.limits;
    const bounds = { timeoutMs: answerTimeoutMs, bytesMax: answerBytesMax };
    const answer = await askWhole(context.pool, ask, bounds, (abandon) => {
      exchange.abandon = abandon;
    });
    if ('failed' in answer) return endFailed(exchange, answer);
    if (answer.head.status === 201) {
      const id = idIn(parsed(answer.body));
      if (id === null || container === null) {
        return refuse(exchange, refusalOf('docker-answer-unclear'));
      }
      const madeMs = context.world.monotonicMs();
      place.filled({ id, container, isOwn, tty: judged.tty === true, madeMs });
      exchange.fields = { ...exchange.fields, exec: id };
    }
    const body = shapeWhole(state.policy, call, answer, container);
    if (body === null) return refuse(exchange, refusalOf('docker-answer-unclear'));
    return giveWhole(exchange, answer.head, body, call.method);
  } finally {
    place.left();
  }
}

/** Asked only when the caller has no place left: of what runs detached nobody tells us the end. */
async function isOver({ context }: Exchange, exec: KnownExec): Promise<boolean> {
  if (exec.state === 'made' && context.world.monotonicMs() - exec.madeMs > startWithinMs) {
    return true;
  }
  const { answerTimeoutMs, answerBytesMax } = context.settings.limits;
  const call = { method: 'GET', path: `/exec/${exec.id}/json`, body: null, upgrade: null };
  const bounds = { timeoutMs: answerTimeoutMs, bytesMax: answerBytesMax };
  const answer = await askWhole(context.pool, call, bounds);
  if ('failed' in answer) return false;
  if (answer.head.status === 404) return true;
  const value = parsed(answer.body);
  if (typeof value !== 'object' || value === null) return false;
  return Reflect.get(value, 'Running') === false && Reflect.get(value, 'ExitCode') !== null;
}
