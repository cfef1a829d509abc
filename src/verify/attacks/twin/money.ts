// Ways to spend more than is left: many at once, over several APIs, with a bound that is read in
// two ways or not at all, leaving before it is counted, answers that never end well. The canary
// adds up what it would have billed.

import type { TwinAttack, TwinCall } from '../model.ts';
import { chat, message, response, twinTokensMax } from './write.ts';

/** At a hundred tokens each, ten fit. */
const fit = { least: 1, most: 10 };
const one = { least: 0, most: 1 };
const streamed = { stream: true };

const race = (
  tries: string,
  rounds: readonly (readonly TwinCall[])[],
  arrives: TwinAttack['arrives'] = fit,
): TwinAttack => ({ tries, rounds, arrives, refusal: 'budget-exhausted' });

const bound = (members: Record<string, unknown>) =>
  chat('one', 'bound', { times: 5, members: { max_tokens: undefined, ...members } });

export const moneyAttacks: readonly TwinAttack[] = [
  race('call for all of a budget many times at once', [[chat('one', 'race', { times: 40 })]]),
  race('the same by streams', [[chat('one', 'race', { times: 40, members: streamed })]]),
  race('the same by Messages', [[message('one', 'race', { times: 40 })]]),
  race('the same by Responses', [[response('one', 'race', { times: 40 })]]),
  race('the same over three APIs', [
    [
      chat('one', 'a', { times: 14 }),
      message('one', 'b', { times: 14 }),
      response('one', 'c', { times: 14 }),
    ],
  ]),
  race('the same, with a session made up for each call', [
    Array.from({ length: 30 }, (_, n) =>
      chat('one', `session ${n}`, { headers: { 'x-clincher-session': `s-${n}` } }),
    ),
  ]),
  race('call one after the other until nothing is left', [
    ...Array.from({ length: 12 }, (_, n) => [chat('one', `turn ${n}`)]),
  ]),
  race(
    'leave every stream at its first byte, and call again',
    [
      [chat('one', 'left', { times: 20, leaves: true, members: streamed })],
      [chat('one', 'again', { times: 20 })],
    ],
    { least: 1, most: 40 },
  ),
  race('leave every answer, and call again', [
    [chat('one', 'left', { times: 20, leaves: true })],
    [chat('one', 'again', { times: 20 })],
  ]),
  race('have the provider fail after it has worked', [
    [chat('one', 'canary:504', { times: 20 })],
    [chat('one', 'again', { times: 20 })],
  ]),
  race('have the provider break off', [
    [chat('one', 'canary:cut', { times: 20 })],
    [chat('one', 'again', { times: 20 })],
  ]),
  race('have the provider say nothing of what it bills', [
    [chat('one', 'canary:silent', { times: 20 })],
    [chat('one', 'again', { times: 20 })],
  ]),
  race('name no bound', [[bound({})]], one),
  race('ask for ten answers at once', [[bound({ max_tokens: 100, n: 10 })]], one),
  race('ask for more than is left', [[bound({ max_tokens: twinTokensMax + 1 })]], one),
  race('ask for a million times what is left', [[bound({ max_completion_tokens: 1e9 })]], one),
  race('name two bounds', [[bound({ max_tokens: 1, max_completion_tokens: 1e6 })]], one),
];
