// What an attempt's outcome means. An errno is evidence only together with what is known of the
// target: refused by something that is known to listen is a denial, refused by nobody in particular
// is not.

import type { State } from './model.ts';
import type { ReachOutcome } from './probes/reach.ts';

export interface Circumstances {
  /** What the target says when it is really the one that was meant; null when it says nothing. */
  readonly token: string | null;
  /** Whether the same target answered verification itself, or its owner lists it as listening. */
  readonly live: boolean;
  /** Whether the address is a loopback one and the service has a network namespace of its own. */
  readonly ownLoopback: boolean;
  /** Whether it is an address of a link: it takes an interface to say which. */
  readonly isOfLink: boolean;
  readonly isIPv6: boolean;
  /** Whether it is a name that was looked up. */
  readonly isName: boolean;
  /** Whether it is on networks of edges alone: what is not on them has no neighbour to go by. */
  readonly onEdgesAlone: boolean;
  /** Whether TCP to the same address was told that there is no way to it. */
  readonly noWayByTcp: boolean;
}

export interface Classified {
  readonly state: State;
  readonly evidence: string;
}

/** connect(2), ip(7), unix(7): the kernel said no before anything left. */
const noWay: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route to it',
  EADDRNOTAVAIL: 'no address to reach it from',
  EAFNOSUPPORT: 'no such address family',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
};

const unanswered = new Set(['ETIMEOUT', 'ESERVFAIL', 'EREFUSED', 'ECONNREFUSED']);

const nothingThere: Readonly<Record<string, string>> = {
  ENOENT: 'no such path',
  ENOTDIR: 'no such path',
};

/**
 * `live` canaries that verification itself cannot reach make the row unknown before this is asked.
 */
export function classify(outcome: ReachOutcome, seen: Circumstances): Classified {
  const { code, answer } = outcome;
  const because = (state: State, words: string) => ({ state, evidence: `${code}: ${words}` });
  if (code === 'connected' || code === 'answered') return heard(code, answer, seen);
  if (code === 'EINVAL' && seen.isOfLink) return because('denied', 'no interface to reach it by');
  // Of IPv4 there is always one; then its ports are used up, which whoever is there can do.
  const isFull = code === 'EADDRNOTAVAIL' && !seen.isIPv6;
  if (isFull) return because('unknown', 'no port was left to try it from');
  const refused = noWay[code];
  if (refused !== undefined) return because('denied', refused);
  const missing = nothingThere[code];
  if (missing !== undefined) return because('absent', missing);
  if (seen.ownLoopback)
    return because('denied', 'its loopback is its own, and nothing listens there');
  if (code === 'not-tried')
    return because('unknown', 'it was beyond the bound, or nobody was left');
  const isCanary = seen.token !== null;
  const silent = ['ECONNREFUSED', 'EHOSTUNREACH', 'ECONNRESET'].includes(code);
  // Of those that take datagrams only a canary is known to answer them.
  const unheard = code === 'timeout' || code === 'ETIMEDOUT' || (code === 'sent' && isCanary);
  if (seen.live && (silent || unheard)) {
    return because('denied', 'it listens, and does not answer here');
  }
  if (seen.onEdgesAlone && (code === 'EHOSTUNREACH' || (code === 'sent' && seen.noWayByTcp))) {
    return because('denied', 'nobody on its networks leads there');
  }
  // The engine's own resolver, on each such network; NXDOMAIN would be someone else's word.
  if (seen.onEdgesAlone && seen.isName && unanswered.has(code === 'no-such-name' ? answer : code)) {
    return because('denied', 'its resolver has nobody to ask');
  }
  // Each of the resolvers is a target of its own; here it is only whether any gave an answer.
  if (seen.isName && silent) return because('denied', 'no resolver answers');
  if (code === 'no-such-name') return because('open', 'a resolver answered');
  if (silent) return because('down', 'the way is there, nobody answers');
  return because('unknown', 'the attempt left and nothing came back');
}

function heard(code: string, answer: string, seen: Circumstances): Classified {
  if (seen.token !== null && answer === seen.token) {
    return { state: 'open', evidence: `${code}: the canary answered` };
  }
  if (seen.ownLoopback) {
    return { state: 'denied', evidence: `${code} by its own listener: its loopback is its own` };
  }
  if (seen.token !== null && code === 'connected') {
    return { state: 'unknown', evidence: 'connected, but not to the canary' };
  }
  return { state: 'open', evidence: answer === '' ? code : `${code}: ${printable(answer)}` };
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
