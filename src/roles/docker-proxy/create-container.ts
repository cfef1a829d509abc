// Makes a container: one after another for a caller, so that their number is known; with folders
// and the image looked at right before, and the image again in what was made.

import type { Call, JudgedBody } from '../../policy/docker/model.ts';
import { ownerLabel } from '../../policy/docker/reserved.ts';
import { ownerOf } from '../../policy/docker/scope.ts';
import type { Reason } from '../../policy/reasons.ts';
import { askWhole, type WholeAnswer } from './ask-daemon.ts';
import { checkBinds } from './check-binds.ts';
import type { DaemonFailure } from './daemon-pool.ts';
import { endFailed } from './end-failed.ts';
import type { Exchange } from './exchange.ts';
import { refusalOf, refuse } from './give-refusal.ts';
import { giveWhole } from './give-whole.ts';
import { idIn, inspectContainer, parsed } from './resolve-reference.ts';
import { shapeWhole } from './shape-whole.ts';
import type { DaemonCall } from './write-call.ts';

type No = { readonly no: Reason; readonly error?: string };

export async function createContainer(
  exchange: Exchange,
  call: Call,
  judged: JudgedBody,
  ask: DaemonCall,
): Promise<boolean> {
  const { state } = exchange;
  const tooFast = state.limits.create();
  if (tooFast !== null) return refuse(exchange, refusalOf(tooFast));
  const made = await state.oneCreate(() => create(exchange, call, judged, ask));
  if ('failed' in made) return endFailed(exchange, made);
  if ('no' in made) {
    return refuse(exchange, refusalOf(made.no), made.error === undefined ? {} : made);
  }
  const body = shapeWhole(state.policy, call, made, null);
  if (body === null) return refuse(exchange, refusalOf('docker-answer-unclear'));
  return giveWhole(exchange, made.head, body, call.method);
}

async function create(
  exchange: Exchange,
  call: Call,
  judged: JudgedBody,
  ask: DaemonCall,
): Promise<WholeAnswer | DaemonFailure | No> {
  const full = await hasRoom(exchange);
  if (full !== null) return full;
  const linked = await checkBinds(judged.binds);
  if (linked !== null) return { no: linked };
  const { image } = judged;
  if (image !== null) exchange.fields = { ...exchange.fields, image: image.name };
  if (image?.id != null) {
    const moved = await imageMoved(exchange, call, image.name, image.id);
    if (moved !== null) return moved;
  }
  const made = await asked(exchange, ask);
  if ('failed' in made || made.head.status !== 201) return made;
  const id = idIn(parsed(made.body));
  if (id === null) return { no: 'docker-answer-unclear' };
  exchange.fields = { ...exchange.fields, container: id };
  return image?.id == null ? made : madeOf(exchange, call, image.id, id, made);
}

/** Counted by the daemon and by our label: what an earlier run has made counts too. */
async function hasRoom(exchange: Exchange): Promise<DaemonFailure | No | null> {
  const { context, state } = exchange;
  const label = [`${ownerLabel}=${ownerOf(state.policy)}`];
  const filters = encodeURIComponent(JSON.stringify({ label }));
  const path = `/containers/json?all=1&filters=${filters}`;
  const answer = await asked(exchange, { method: 'GET', path, body: null, upgrade: null });
  if ('failed' in answer) return answer;
  const list = parsed(answer.body);
  if (answer.head.status !== 200 || !Array.isArray(list)) return { no: 'docker-answer-unclear' };
  const full = list.length >= context.settings.limits.containersMax;
  return full ? { no: 'docker-containers-too-many' } : null;
}

async function imageMoved(
  exchange: Exchange,
  { version }: Call,
  name: string,
  id: string,
): Promise<DaemonFailure | No | null> {
  const prefix = version === null ? '' : `/v${version}`;
  const path = `${prefix}/images/${name}/json`;
  const answer = await asked(exchange, { method: 'GET', path, body: null, upgrade: null });
  if ('failed' in answer) return answer;
  // An image that is not there is for the daemon to say, in the words that clients look for.
  if (answer.head.status === 404) return null;
  return textIn(parsed(answer.body), 'Id') === id ? null : { no: 'docker-image-changed' };
}

/** The name may have come to mean another image just before the container was made. */
async function madeOf(
  exchange: Exchange,
  { version }: Call,
  image: string,
  id: string,
  made: WholeAnswer,
): Promise<WholeAnswer | DaemonFailure | No> {
  const inspected = await inspectContainer(exchange, version, id);
  const is = 'failed' in inspected ? null : textIn(inspected.value, 'Image');
  if (is === image) return made;
  const path = `/containers/${id}?force=1&v=1`;
  await asked(exchange, { method: 'DELETE', path, body: null, upgrade: null });
  return 'failed' in inspected ? inspected : { no: 'docker-image-changed' };
}

function asked(exchange: Exchange, call: DaemonCall): Promise<WholeAnswer | DaemonFailure> {
  const { pool, settings } = exchange.context;
  const { slowAnswerTimeoutMs, answerBytesMax } = settings.limits;
  const bounds = { timeoutMs: slowAnswerTimeoutMs, bytesMax: answerBytesMax };
  return askWhole(pool, call, bounds);
}

function textIn(value: unknown, name: string): string | null {
  const text = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return typeof text === 'string' ? text : null;
}
