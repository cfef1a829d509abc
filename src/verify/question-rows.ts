// What the proxies must refuse, asked from the caller's own position: a host that no rule names,
// the host's loopback, the metadata address, another port, a call without a key, a Docker call
// beyond the handshake.

import { socketIn } from '../plan/paths.ts';
import type { Edge, Topology } from '../topology/model.ts';
import type { Canaries } from './canary.ts';
import { metadataAddress, probeName } from './host-targets.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import type { Answer, Question } from './probes/ask.ts';
import type { Surveyed } from './survey.ts';
import { hostAndPort } from './targets.ts';

export interface Asked extends Question {
  /** What lies behind: where an accepted request would have gone. */
  readonly to: string;
  readonly edge: Edge;
  /** As rows have it: a canary's port is another in every run. */
  readonly shown: string;
}

/**
 * A proxy that answers with one of these let the request through and then failed: that is no
 * refusal.
 */
export const triedReasons: ReadonlySet<string> = new Set([
  'upstream-unreachable',
  'provider-error',
  'provider-timeout',
  'dial-timeout',
  'name-unresolvable',
  'resolve-timeout',
  'answers-too-many',
  'address-malformed',
]);
/** And with one of these it did not look at the request at all. */
export const busyReasons: ReadonlySet<string> = new Set([
  'limit-connections',
  'tunnels-too-many',
  'docker-calls-too-fast',
]);

/** Only over edges that answer: one that does not is a row of its own already. */
export function askedOf(from: Surveyed, topology: Topology, canaries: Canaries): Asked[] {
  const asked = waysOf(from).flatMap(({ id, at }) => {
    const edge = topology.edges.find((each) => each.id === id);
    if (edge === undefined) return [];
    return questionsFor(edge, topology, canaries).map((question) => ({ ...question, at, edge }));
  });
  return asked.map((question, id) => ({ ...question, id }));
}

function waysOf({ plan, files }: Surveyed): readonly { id: string; at: Question['at'] }[] {
  const sockets = plan.dials.flatMap(({ edge, folder }) => {
    const socketPath = socketIn(folder).slice('unix:'.length);
    const found = files.sockets.find(({ path }) => path === socketPath);
    return found?.code === 'connected' ? [{ id: edge, at: { socketPath } }] : [];
  });
  const reaches = plan.reaches ?? [];
  return [
    ...sockets,
    ...reaches.map(({ edge, address }) => ({ id: edge, at: hostAndPort(address) })),
  ];
}

type Plain = Omit<Asked, 'id' | 'at' | 'edge'>;

function questionsFor(edge: Edge, topology: Topology, canaries: Canaries): Plain[] {
  const callee = topology.services.find(({ name }) => name === edge.to)?.run.role;
  if (callee === 'egress' && edge.port === 'proxy') return egressQuestions(edge, canaries);
  if (callee === 'llm' && edge.port === 'api') {
    const body = '{"model":"any","messages":[]}';
    return [ask(edge.to, 'POST', '/v1/chat/completions', {}, body)];
  }
  if (callee === 'docker-proxy' && edge.port === 'api') {
    return [
      // In no profile; and harmless where the answer is the daemon's.
      ask('docker.sock', 'GET', '/volumes'),
      ask('docker.sock', 'GET', '/v1.43/secrets'),
      ask('docker.sock', 'POST', '/containers/create', {}, '{"Image":"any"}'),
    ];
  }
  return [];
}

function egressQuestions(edge: Edge, { tcpPort }: Canaries): Plain[] {
  const named = (question: Plain): Plain => ({
    ...question,
    shown: question.shown.replace(`:${tcpPort}`, ':CANARY'),
  });
  const connect = (to: string, target: string) =>
    named(ask(to, 'CONNECT', target, { host: target }));
  const allowed = edge.hosts?.find((host) => !host.includes('*'));
  return [
    connect('internet', `${probeName}:443`),
    connect('internet', '192.0.2.1:443'),
    // The canary would answer: a refusal here is the proxy's, and not a missing listener's.
    connect('host', `127.0.0.1:${tcpPort}`),
    connect('host', `localhost:${tcpPort}`),
    connect('host', `[::ffff:127.0.0.1]:${tcpPort}`),
    connect('metadata', `${metadataAddress}:80`),
    named(ask('host', 'GET', `http://127.0.0.1:${tcpPort}/`, { host: `127.0.0.1:${tcpPort}` })),
    ...(allowed === undefined ? [] : [connect('internet', `${allowed}:22`)]),
  ];
}

function ask(
  to: string,
  method: string,
  target: string,
  headers: Record<string, string> = {},
  body = '',
): Plain {
  const type = body === '' ? {} : { 'content-type': 'application/json' };
  const shown = `${method} ${target}`;
  return { to, method, target, headers: { ...type, ...headers }, body, shown };
}

export function questionRows(
  from: Surveyed,
  asked: readonly Asked[],
  answers: readonly Answer[],
): Row[] {
  return asked.map((question) => {
    const answer = answers.find(({ id }) => id === question.id);
    return judge({
      from: from.name,
      to: question.to,
      via: 'http',
      what: `${question.shown} through ${question.edge.to}`,
      declared: null,
      deniedBy: question.edge.to,
      fix: `${question.edge.to} must refuse this with a reason; look at its rules and its log.`,
      ...stateOf(answer),
    });
  });
}

export function stateOf(answer: Answer | undefined): { observed: State; evidence: string } {
  if (answer === undefined) return { observed: 'unknown', evidence: 'not asked' };
  const { status, reason, code } = answer;
  if (status === null) return { observed: 'unknown', evidence: `no answer: ${code}` };
  const evidence = `${status}${reason === '' ? '' : ` ${reason}`}`;
  if (status < 400) return { observed: 'open', evidence };
  if (reason === '') return { observed: 'unknown', evidence: `${evidence} without a reason` };
  if (triedReasons.has(reason)) return { observed: 'open', evidence: `${evidence}: it was tried` };
  if (busyReasons.has(reason))
    return { observed: 'unknown', evidence: `${evidence}: it was not decided` };
  return { observed: 'denied', evidence };
}
