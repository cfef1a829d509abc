// Which Docker Engine API calls a caller's profile lets through, by the head of the request alone.
// What is not in the table of calls, or not in the profile, is refused; so is whatever could be
// read in two ways, whatever it seems to ask for.

import { judgeCustom } from './custom.ts';
import type { Call, CallerPolicy, CallVerdict, DockerHead, Reference } from './model.ts';
import type { Grant, Operation } from './operation.ts';
import { type FoundOperation, findOperation } from './operations.ts';
import { execOnly, handshake, hiddenInspects, observe, sandbox } from './profiles.ts';
import { judgeQuery } from './query.ts';
import { refuse } from './refusal.ts';
import { imageIsShown } from './scope.ts';
import { type DockerTarget, readTarget } from './target.ts';
import { switchedOn } from './tecnativa.ts';

/** Never throws. The references of what it returns are to be resolved before anything is sent. */
export function judgeCall(policy: CallerPolicy, head: DockerHead): CallVerdict {
  const asked = `${head.method} ${head.target.split('?', 1)[0]?.slice(0, 120)}`;
  if (head.httpVersion !== '1.1') return refuse(asked, 'request-malformed', { status: 505 });
  const target = readTarget(head.target);
  if (target.kind === 'fault') return refuse(asked, target.reason, { says: target.says });
  const found = findOperation(head.method, target.segments);
  if (found === null) return refuse(asked, 'docker-call-denied');
  const { operation, text } = found;
  const grant = granted(policy, found, target);
  if (grant === null) return denied(policy, asked, found);
  const upgrade = upgradeOf(head.rawHeaders);
  if (upgrade !== null && (grant.answer !== 'hijack' || !upgradesTo(operation, upgrade))) {
    return refuse(asked, 'docker-upgrade-refused');
  }
  if (hasBody(head) && (head.method === 'GET' || head.method === 'HEAD')) {
    return refuse(asked, 'docker-body-refused');
  }
  const query = judgeQuery(policy, operation, target.query, grant);
  if (query.kind === 'fault') {
    return refuse(asked, query.reason, { field: query.field, says: query.says, rule: grant.rule });
  }
  const call: Call = {
    kind: 'call',
    operation: operation.name,
    rule: grant.rule,
    method: operation.method,
    version: target.version,
    path: `/${operation.path.join('/')}`,
    reference: referenceOf(operation, text),
    scoped: grant.scoped,
    query: query.query,
    body: grant.body,
    answer: grant.answer,
    upgrade,
    slow: operation.slow,
  };
  return call;
}

function granted(policy: CallerPolicy, found: FoundOperation, target: DockerTarget): Grant | null {
  const { operation, text } = found;
  const { profile } = policy;
  if (profile === 'custom') return judgeCustom(policy, operation, target.segments);
  if (profile === 'tecnativa') return tecnativaGrant(policy, operation);
  if (!profileCalls[profile].has(operation.name)) return null;
  if (operation.path.includes('{image}') && !imageIsShown(policy, text ?? '')) return null;
  const { body, answer } = operation;
  const rule = `${profile} ${operation.name}`;
  return { rule, scoped: true, body, answer, queryNames: null };
}

function tecnativaGrant(policy: CallerPolicy, operation: Operation): Grant | null {
  const by = switchedOn(policy.switches, operation);
  if (by === null) return null;
  const body = operation.body === 'none' ? 'none' : 'opaque';
  const answer = operation.answer === 'hijack' ? 'hijack' : 'stream';
  return { rule: `tecnativa ${by}=1`, scoped: false, body, answer, queryNames: null };
}

const profileCalls = { handshake, 'exec-only': execOnly, sandbox, observe };

/**
 * `docker inspect NAME` asks for each kind of thing in turn, and stops at an answer that is not
 * "not found": what nobody may see is not there.
 */
function denied(policy: CallerPolicy, asked: string, found: FoundOperation): CallVerdict {
  const refusal = refuse(asked, 'docker-call-denied');
  const kind = hiddenInspects.get(found.operation.name);
  if (kind === undefined || !profilesThatHide.has(policy.profile)) return refusal;
  return { ...refusal, status: 404, message: `No such ${kind}: ${found.text}` };
}

const profilesThatHide: ReadonlySet<string> = new Set(['exec-only', 'sandbox', 'observe']);

function referenceOf({ path }: Operation, text: string | null): Reference | null {
  if (text === null) return null;
  if (path.includes('{container}')) return { kind: 'container', text };
  if (path.includes('{exec}')) return { kind: 'exec', text };
  return { kind: path.includes('{image}') ? 'image' : 'object', text };
}

function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

function hasBody({ rawHeaders }: DockerHead): boolean {
  const lengths = headerValues(rawHeaders, 'content-length');
  const isChunked = headerValues(rawHeaders, 'transfer-encoding').length > 0;
  return isChunked || lengths.some((length) => !/^0+$/.test(length));
}

/** Several are one that no call knows. */
function upgradeOf(rawHeaders: readonly string[]): string | null {
  const values = headerValues(rawHeaders, 'upgrade');
  return values.length === 0 ? null : values.join(',').trim().toLowerCase();
}

function upgradesTo(operation: Operation, upgrade: string): boolean {
  if (operation.name === 'Session' || operation.name === 'Grpc') return upgrade === 'h2c';
  return upgrade === (operation.name === 'ContainerAttachWebsocket' ? 'websocket' : 'tcp');
}
