// A call that may be asked: what it refers to is found, its body judged, the daemon asked, and the
// answer given on as its kind says.

import { filterHeaders, type RawHeaders } from '../../net/http-headers.ts';
import type { RequestHead } from '../../net/http1/request-head.ts';
import { judgeBody } from '../../policy/docker/judge-body.ts';
import type { Call, JudgedBody } from '../../policy/docker/model.ts';
import { requestTarget } from '../../policy/docker/request-line.ts';
import { askStream, askWhole } from './ask-daemon.ts';
import { readRest, type StreamAnswer } from './body-port.ts';
import { checkStart } from './check-binds.ts';
import { checkMounted } from './check-mounted.ts';
import { createContainer } from './create-container.ts';
import { createExec } from './create-exec.ts';
import { endFailed } from './end-failed.ts';
import { shapedEvents } from './events.ts';
import { type Exchange, elapsedMs } from './exchange.ts';
import { giveHijack } from './give-hijack.ts';
import { refusalOf, refuse } from './give-refusal.ts';
import { giveStream } from './give-stream.ts';
import { giveWhole } from './give-whole.ts';
import type { ReadBody } from './read-call-body.ts';
import { type Resolved, resolveReference } from './resolve-reference.ts';
import { shapeWhole } from './shape-whole.ts';
import type { DaemonCall, OpaqueBody } from './write-call.ts';

/** What is to be asked of the daemon, judged. */
export interface ReadyCall {
  readonly call: Call;
  readonly resolved: Resolved;
  readonly judged: JudgedBody | null;
  readonly ask: DaemonCall;
  readonly stream: OpaqueBody | null;
}

/** A call as it came: allowed by its head, its body read or about to be. */
export interface AskedCall {
  readonly call: Call;
  readonly body: ReadBody;
  readonly head: RequestHead;
}

/** Resolves to whether the connection may carry another call. */
export async function answerCall(
  exchange: Exchange,
  { call, body, head }: AskedCall,
): Promise<boolean> {
  const resolved = await resolveReference(exchange, call);
  if ('failed' in resolved) return endFailed(exchange, resolved);
  if (resolved.kind === 'refusal') return refuse(exchange, resolved);
  const judged = isJudged(call)
    ? judgeBody(exchange.state.policy, call, body.bytes, resolved.isOwn)
    : null;
  if (judged?.kind === 'refusal') return refuse(exchange, judged);
  if (judged !== null) noteChanges(exchange, judged);
  const ask = daemonCall({ call, body, head }, resolved, judged);
  const ready: ReadyCall = { call, resolved, judged, ask, stream: body.stream };
  if (call.body === 'create' && judged !== null) {
    return ended(exchange, await createContainer(exchange, call, judged, ask));
  }
  if (call.body === 'exec-create' && judged !== null) {
    return ended(exchange, await createExec(exchange, call, resolved, judged, ask));
  }
  if (call.operation === 'ContainerStart' || call.operation === 'ContainerRestart') {
    const refusal = await checkStart(resolved.inspected?.value);
    if (refusal !== null) return refuse(exchange, refusal);
  }
  if (call.body === 'exec-start' && resolved.exec !== null && looksInside(exchange, resolved)) {
    const refusal = await checkMounted(exchange, resolved.exec.container);
    if (refusal !== null && 'failed' in refusal) return endFailed(exchange, refusal);
    if (refusal !== null) return refuse(exchange, refusal);
  }
  const isWhole = call.answer === 'whole' || call.answer === 'shaped';
  return isWhole && body.stream === null ? giveRead(exchange, ready) : giveFlowing(exchange, ready);
}

/**
 * Who can only `exec` has no container started: somebody else has seen to what is in them, as in
 * the one that the caller itself runs in.
 */
function looksInside({ state: { policy } }: Exchange, { exec }: Resolved): boolean {
  if (exec?.isOwn === true) return false;
  return policy.template?.commandsOnly === true && policy.profile !== 'exec-only';
}

function isJudged({ body }: Call): boolean {
  return body !== 'none' && body !== 'opaque';
}

/** For the record: what was otherwise than asked, never a secret's value. */
function noteChanges(exchange: Exchange, { changes }: JudgedBody): void {
  if (changes.length === 0) return;
  const text = changes.map(({ field, from, to }) => `${field}: ${from} -> ${to}`).join('; ');
  exchange.fields = { ...exchange.fields, changed: text.slice(0, 2_000) };
}

function daemonCall(
  { call, body, head }: AskedCall,
  resolved: Resolved,
  judged: JudgedBody | null,
): DaemonCall {
  const hasBody = call.method === 'POST' || call.method === 'PUT';
  const ask = {
    method: call.method,
    path: requestTarget(call, resolved.id),
    body: judged?.bytes ?? (hasBody ? body.bytes : null),
    upgrade: call.upgrade,
  };
  return call.scoped ? ask : { ...ask, headers: passedOn(head.headers) };
}

/** Where the switches of Tecnativa's proxy rule, registries and builds want to be told of these. */
function passedOn(headers: RawHeaders): RawHeaders {
  return filterHeaders(headers, (name) => passedNames.has(name));
}

const passedNames = new Set([
  'content-type',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
  'x-registry-auth',
  'x-registry-config',
]);

async function giveRead(exchange: Exchange, ready: ReadyCall): Promise<boolean> {
  const { call, resolved } = ready;
  // The answer that the scope was judged by is the answer, when nothing more was asked for.
  const kept = call.operation === 'ContainerInspect' && call.query.length === 0;
  const answer =
    kept && resolved.inspected !== null ? resolved.inspected : await askRead(exchange, ready);
  if ('failed' in answer) return endFailed(exchange, answer);
  noteDaemonTime(exchange);
  const body = shapeWhole(exchange.state.policy, call, answer, resolved.id);
  if (body === null) return refuse(exchange, refusalOf('docker-answer-unclear'));
  if (call.operation === 'ContainerDelete' && answer.head.status < 300 && resolved.id !== null) {
    exchange.state.execs.forgetContainer(resolved.id);
  }
  return ended(exchange, giveWhole(exchange, answer.head, body, call.method));
}

function askRead(exchange: Exchange, { call, ask }: ReadyCall) {
  const { pool, settings } = exchange.context;
  const { answerTimeoutMs, slowAnswerTimeoutMs, answerBytesMax } = settings.limits;
  const timeoutMs = call.slow ? slowAnswerTimeoutMs : answerTimeoutMs;
  return askWhole(pool, ask, { timeoutMs, bytesMax: answerBytesMax }, (abandon) => {
    exchange.abandon = abandon;
  });
}

async function giveFlowing(exchange: Exchange, ready: ReadyCall): Promise<boolean> {
  const { state } = exchange;
  const refused = state.limits.enterStream();
  if (refused !== null) return refuse(exchange, refusalOf(refused));
  try {
    return await flow(exchange, ready);
  } finally {
    state.limits.leaveStream();
  }
}

async function flow(exchange: Exchange, ready: ReadyCall): Promise<boolean> {
  const { call, resolved, ask, judged } = ready;
  const { pool, settings } = exchange.context;
  const { slowAnswerTimeoutMs, streamAgeMs } = settings.limits;
  // Before version 1.30 a wait has no head until its end.
  const headMs = call.operation === 'ContainerWait' ? streamAgeMs : slowAnswerTimeoutMs;
  const hijack = call.answer === 'hijack';
  const answer = await askStream(
    pool,
    ask,
    headMs,
    hijack,
    (abandon) => {
      exchange.abandon = abandon;
    },
    ready.stream,
  );
  if ('failed' in answer) return endFailed(exchange, answer);
  noteDaemonTime(exchange);
  const { exec } = resolved;
  const begun = answer.head.status < 300;
  if (exec !== null && begun) exec.state = 'running';
  try {
    if (answer.kind === 'taken') return await giveHijack(exchange, answer);
    if (answer.head.status >= 400 && call.scoped) return await giveError(exchange, ready, answer);
    const events = call.answer === 'events' && begun;
    const shape = events ? shapedEvents(exchange, call) : null;
    const goesOn = await giveStream(exchange, answer, call, shape);
    // What is left of a body that the daemon did not wait for would be read as a request.
    return goesOn && !exchange.bodyIsOpen;
  } finally {
    if (exec !== null && begun && judged?.detach !== true) exec.state = 'over';
  }
}

/** An error is read whole, so that it tells nothing of others. */
async function giveError(
  exchange: Exchange,
  { call, resolved }: ReadyCall,
  answer: StreamAnswer,
): Promise<boolean> {
  const { answerBytesMax } = exchange.context.settings.limits;
  const read = await readRest(answer, answerBytesMax);
  const whole = { kind: 'whole' as const, head: answer.head, body: read ?? Buffer.alloc(0) };
  const body = shapeWhole(exchange.state.policy, call, whole, resolved.id);
  if (body === null) return refuse(exchange, refusalOf('docker-answer-unclear'));
  return ended(exchange, giveWhole(exchange, answer.head, body, call.method));
}

function noteDaemonTime(exchange: Exchange): void {
  const daemonMs = Math.round(elapsedMs(exchange) * 10) / 10;
  exchange.fields = { ...exchange.fields, daemonMs };
}

/** An answer was given; a client that did not wait for it is done with. */
function ended(exchange: Exchange, goesOn: boolean): boolean {
  exchange.abandon = null;
  if (exchange.disturbed === null) return goesOn;
  exchange.client.destroy();
  return false;
}
