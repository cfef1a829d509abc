// With the agent's own key: models it has not got, bodies that the proxy and a provider could read
// in two ways, and framings that hide a second request.

import type { WireAttack } from '../model.ts';
import { agentKeyMark, chat, noModel, ownKey, refused } from './write.ts';

const messages = [{ role: 'user', content: 'hello' }];
const model = (name: string) => chat({ model: name, messages });

export const modelAttacks = refused(404, 'model-unknown', [
  ['ask for a model that nobody configured', model(noModel)],
  ['ask for a model by its provider', model('openai/gpt-4o-clincher')],
  ['ask for every model', model('*')],
  ['ask for a pattern of models', model('clincher-no-*')],
  ['ask for the prototype of every object', model('__proto__')],
  ['ask for what every object has', model('constructor')],
  ['ask for a model by a path', model('../../clincher')],
  ['ask for a model by a URL', model('https://evil.example/v1')],
  ['ask for a model of another project', model('azure/clincher-deployment')],
  ['ask for a model tuned by somebody', model('ft:gpt-4o:clincher::abc')],
  ['ask for a model with a variant', model(`${noModel}:online`)],
  ['ask for a list of models as one', model(`${noModel},gpt-4o`)],
  ['ask for a model whose name is very long', model('m'.repeat(10_000))],
  ['ask for a model in other letters', model('\u0441laude')],
  ['ask for a model with a line end', model('gpt-4o\nX: y')],
  [
    'send a text and keep the model in a header',
    chat({ model: noModel, messages }, [ownKey, 'X-Model: gpt-4o']),
  ],
]);

const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

export const bodyAttacks = refused(400, 'request-malformed', [
  ['send no model', chat({ messages })],
  ['send an empty model', chat({ model: '', messages })],
  ['send a list of models', chat({ model: [noModel, 'gpt-4o'], messages })],
  [
    'send a model and others to fall back to',
    chat({ model: noModel, models: ['gpt-4o'], messages }),
  ],
  ['send a plugin', chat({ model: noModel, plugins: [{ id: 'web' }], messages })],
  ['send a preset', chat({ model: noModel, preset: 'x', messages })],
  ['name the model twice', chat(`{"model":"${noModel}","model":"gpt-4o","messages":[]}`)],
  [
    'name the model in capitals, too',
    chat(`{"model":"${noModel}","Model":"gpt-4o","messages":[]}`),
  ],
  [
    'name the model by an escape, too',
    chat(`{"model":"${noModel}","mod\\u0065l":"gpt-4o","messages":[]}`),
  ],
  [
    'bound the answer twice',
    chat(`{"model":"${noModel}","max_tokens":1,"max_tokens":9,"messages":[]}`),
  ],
  ['bound the answer by less than nothing', chat({ model: noModel, max_tokens: -1, messages })],
  ['bound the answer by a fraction', chat({ model: noModel, max_tokens: 0.5, messages })],
  ['bound the answer by a text', chat({ model: noModel, max_tokens: '1', messages })],
  [
    'bound the answer by more than a number holds',
    chat(`{"model":"${noModel}","max_tokens":1e400,"messages":[]}`),
  ],
  ['ask for no answer at all', chat({ model: noModel, n: 0, messages })],
  ['ask for a thousand answers', chat({ model: noModel, n: 1_000, messages })],
  ['ask for a stream by a text', chat({ model: noModel, stream: 'true', messages })],
  ['send a list', chat('[]')],
  ['send a text', chat('"hello"')],
  ['send nothing', chat('')],
  ['send JSON with a comment', chat(`{"model":"${noModel}"/*x*/,"messages":[]}`)],
  ['send JSON with a comma too many', chat(`{"model":"${noModel}","messages":[],}`)],
  ['send JSON with single quotes', chat(`{'model':'${noModel}','messages':[]}`)],
  ['send two documents', chat(`{"model":"${noModel}","messages":[]}{"model":"gpt-4o"}`)],
  ['send a NUL behind the document', chat(`{"model":"${noModel}","messages":[]}\0`)],
  ['send a number that is none', chat(`{"model":"${noModel}","temperature":NaN,"messages":[]}`)],
  ['send a mark of the byte order', chat(`\ufeff{"model":"${noModel}","messages":[]}`)],
  ['send half of an escape', chat(`{"model":"${noModel}","x":"\\ud8`)],
  ['send lists in lists without an end', chat(`{"model":"${noModel}","messages":${deep}}`)],
  [
    'send what is not UTF-8',
    chat(`{"model":"${noModel}","messages":[]}`).replace(noModel, `${noModel.slice(2)}\xc3\x28`),
  ],
]);

const post = `POST /v1/chat/completions HTTP/1.1\r\nHost: llm\r\nConnection: close\r\n${ownKey}\r\n`;
const second = `GET /v1/models HTTP/1.1\r\nHost: llm\r\nAuthorization: Bearer ${agentKeyMark}\r\n\r\n`;

export const llmFramingAttacks: readonly WireAttack[] = [
  ...refused(400, 'request-malformed', [
    [
      'announce a length and chunks',
      `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
    ],
    ['announce two lengths', `${post}Content-Length: 0\r\nContent-Length: 80\r\n\r\n${second}`],
    ['announce a signed length', `${post}Content-Length: +0\r\n\r\n${second}`],
    ['announce a length in hexadecimal', `${post}Content-Length: 0x2\r\n\r\n{}`],
    ['announce an encoding nobody knows', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['put a space before a colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['end a line with a bare carriage return', `${post}X: a\rb\r\n\r\n`],
    ['put a NUL into a header', `${post}X: a\0b\r\n\r\n`],
    ['speak TLS to it', '\x16\x03\x01\x02\r\n\r\n'],
    ['speak HTTP/2 to it', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['give a request id that drives a terminal', `${post}x-request-id: a\x1b[2Jb\r\n\r\n`],
  ]),
  ...refused(413, 'limit-body', [
    ['announce more than a body may have', `${post}Content-Length: 99999999999\r\n\r\n`],
  ]),
];
