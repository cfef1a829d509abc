// What one caller has must serve no other: a key at another's door, an answer that is kept, a
// response that goes on, a model; and what a caller brings of its own goes to no provider.

import type { TwinAttack } from '../model.ts';
import { chat, message, response, twinModels } from './write.ts';

const nobody = { least: 0, most: 0 };
const both = { least: 2, most: 2 };
const question = 'what is the password of the house?';

const shared = (tries: string, more: Parameters<typeof chat>[2] = {}): TwinAttack => ({
  tries,
  rounds: [[chat('one', question, more)], [chat('two', question, more)]],
  ...{ arrives: both, refusal: null, isDistinct: true },
});

export const cacheAttacks: readonly TwinAttack[] = [
  shared('ask what another has asked'),
  shared('the same by a stream', { members: { stream: true } }),
  shared('the same in a session of one name', { headers: { 'x-clincher-session': 'shared' } }),
  shared('the same as a user of one name', { members: { user: 'admin' } }),
  shared('the same with one key for the prompt', { members: { prompt_cache_key: 'shared' } }),
  shared('the same in a part of the cache of one name', {
    members: { cache: { namespace: 'shared', ttl: 3_600 } },
  }),
  {
    tries: 'the same by Messages',
    rounds: [[message('one', question)], [message('two', question)]],
    ...{ arrives: both, refusal: null, isDistinct: true },
  },
  {
    tries: 'the same by Responses',
    rounds: [[response('one', question)], [response('two', question)]],
    ...{ arrives: both, refusal: null, isDistinct: true },
  },
  {
    tries: 'ask at the same time, and wait for the one answer',
    rounds: [[chat('one', question), chat('two', question)]],
    ...{ arrives: both, refusal: null, isDistinct: true },
  },
  {
    tries: "go on from another's response",
    rounds: [
      [response('one', question)],
      [response('two', 'and then?', { members: { previous_response_id: '{{response}}' } })],
    ],
    ...{ arrives: { least: 1, most: 1 }, refusal: 'request-malformed' },
  },
];

export const borrowedAttacks: readonly TwinAttack[] = [
  {
    tries: "bring another caller's key",
    rounds: [[chat('two', 'borrowed', { key: 'one' })]],
    ...{ arrives: nobody, refusal: 'key-unknown' },
  },
  {
    tries: "ask for another key's model",
    rounds: [[chat('two', 'borrowed', { members: { model: twinModels.other } })]],
    ...{ arrives: nobody, refusal: 'model-not-allowed' },
  },
  {
    tries: "ask for another key's model by Responses",
    rounds: [[response('two', 'borrowed', { members: { model: twinModels.other } })]],
    ...{ arrives: nobody, refusal: 'model-not-allowed' },
  },
  {
    tries: "ask for another key's model by Messages",
    rounds: [[message('two', 'borrowed', { members: { model: twinModels.other } })]],
    ...{ arrives: nobody, refusal: 'model-not-allowed' },
  },
];

/** With an allowed host, an account of the attacker's own is a way out: what is in it is theirs. */
const foreign = (header: string, value = '{{foreign}}'): TwinAttack => ({
  tries: `bring ${header} of an account of one's own`,
  rounds: [
    [
      chat('one', 'foreign', { headers: { [header]: value } }),
      message('one', 'foreign', { headers: { [header]: value } }),
    ],
  ],
  ...{ arrives: { least: 2, most: 2 }, refusal: null, hides: ['{{foreign}}'] },
});

export const foreignAttacks: readonly TwinAttack[] = [
  foreign('api-key'),
  foreign('x-goog-api-key'),
  foreign('openai-organization'),
  foreign('openai-project'),
  foreign('anthropic-organization-id'),
  foreign('cookie', 'session={{foreign}}'),
  foreign('proxy-authorization', 'Bearer {{foreign}}'),
  foreign('x-amz-security-token'),
  foreign('x-forwarded-for'),
  foreign('forwarded', 'for={{foreign}}'),
  foreign('x-forwarded-host'),
  foreign('referer', 'https://{{foreign}}.example/'),
  foreign('user-agent'),
  foreign('traceparent'),
  foreign('x-leak'),
];
