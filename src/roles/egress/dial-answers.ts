// Dials the answers that were allowed, and no other: one after the other, the next beside one that
// has not answered for a while, the first to connect wins. RFC 8305.

import type { Socket } from 'node:net';
import { type Dial, DialTimeout } from '../../net/dial.ts';

export interface DialBounds {
  readonly dialTimeoutMs: number;
  readonly dialAttemptDelayMs: number;
}

export interface Connected<T> {
  readonly far: Socket;
  readonly answer: T;
}

export interface DialFailed<T> {
  readonly error: unknown;
  readonly answer: T;
}

/**
 * Never rejects: without a connection it tells how the last attempt failed. One deadline over all
 * of them. The attempts that lose are ended, also one that connects at the same moment.
 */
export async function dialAnswers<T extends { readonly address: string }>(
  dial: Dial,
  answers: readonly [T, ...T[]],
  port: number,
  bounds: DialBounds,
): Promise<Connected<T> | DialFailed<T>> {
  const [only] = answers;
  if (answers.length === 1) {
    try {
      return { far: await dial(only.address, port, bounds.dialTimeoutMs), answer: only };
    } catch (error) {
      return { error, answer: only };
    }
  }
  const [first, ...others] = interleaved(answers);
  if (first === undefined) return { error: new DialTimeout('no address'), answer: only };
  return race(dial, [first, ...others], port, bounds);
}

function race<T extends { readonly address: string }>(
  dial: Dial,
  answers: readonly [T, ...T[]],
  port: number,
  bounds: DialBounds,
): Promise<Connected<T> | DialFailed<T>> {
  const over = new AbortController();
  const startedMs = performance.now();
  let next = 0;
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;
  return new Promise((resolve) => {
    const settle = (result: Connected<T> | DialFailed<T>) => {
      clearTimeout(timer);
      over.abort(new DialTimeout('another address was faster'));
      resolve(result);
    };
    const attempt = () => {
      clearTimeout(timer);
      const answer = answers[next];
      if (answer === undefined || over.signal.aborted) return;
      next += 1;
      if (next < answers.length) timer = setTimeout(attempt, bounds.dialAttemptDelayMs);
      const leftMs = Math.max(1, bounds.dialTimeoutMs - (performance.now() - startedMs));
      dial(answer.address, port, Math.ceil(leftMs), over.signal).then(
        (far) => {
          if (over.signal.aborted) far.destroy();
          else settle({ far, answer });
        },
        (error: unknown) => {
          failed += 1;
          if (failed === answers.length) settle({ error, answer });
          else attempt();
        },
      );
    };
    attempt();
  });
}

/** The families take turns, beginning with that of the first answer: RFC 8305 section 4. */
export function interleaved<T extends { readonly address: string }>(answers: readonly T[]): T[] {
  const isV6 = (answer: T | undefined) => answer?.address.includes(':') === true;
  const same = answers.filter((answer) => isV6(answer) === isV6(answers[0]));
  const other = answers.filter((answer) => isV6(answer) !== isV6(answers[0]));
  return same
    .flatMap((answer, index) => [answer, ...other.slice(index, index + 1)])
    .concat(other.slice(same.length));
}
