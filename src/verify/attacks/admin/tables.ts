// What is tried from the monitor's place, at the door that every role has for who looks on: there
// is a page of metrics and a word of health, and nothing that changes, spends or tells a secret.

import { ownKey, refused, request } from '../llm/write.ts';
import type { WireTable } from '../model.ts';

const json = 'Content-Type: application/json';
const post = (path: string, body: unknown, ...headers: readonly string[]) =>
  request(`POST ${path}`, [json, ...headers], JSON.stringify(body));
const get = (target: string, ...headers: readonly string[]) => request(`GET ${target}`, headers);
const call = { model: 'any', messages: [{ role: 'user', content: 'hello' }] };

const attacks = refused(404, 'path-unknown', [
  ['call a model', post('/v1/chat/completions', call)],
  ['call a model in the other dialect', post('/v1/messages', { ...call, max_tokens: 1 })],
  ['ask which models there are', get('/v1/models')],
  ['make itself a key', post('/key/generate', {})],
  ['make itself a key, as who may', post('/key/generate', {}, ownKey)],
  ['list the keys', get('/key/list')],
  ['read what was spent', get('/spend/logs')],
  ['empty the cache of answers', post('/cache/delete', { keys: ['x'] })],
  ['start a container', post('/v1.45/containers/create', { Image: 'x' })],
  ['list the containers', get('/v1.45/containers/json')],
  ['go through it to another host', get('http://clincher-probe.invalid/')],
  ['go through it to this machine', get('http://127.0.0.1/')],
  ['become a WebSocket', get('/ws', 'Connection: Upgrade', 'Upgrade: websocket')],
  ['read a secret', get('/run/clincher/secrets/agent-key')],
  ['read the settings', get('/run/clincher/settings.json')],
  ['climb out of the page of metrics', get('/metrics/../run/clincher/settings.json')],
  ['climb out of it, encoded', get('/metrics/%2e%2e/%2e%2e/proc/self/environ')],
  ['climb out of it, with the other slash', get('/metrics\\..\\settings.json')],
  ['read the environment', get('/proc/self/environ')],
  ['read where it stands in memory', get('/debug/pprof/heap')],
  ['read its configuration', get('/-/config')],
  ['have it read its rules anew', post('/-/reload', {})],
  ['have it end', post('/-/quit', {})],
  ['write metrics', post('/metrics', { clincher_up: 1 })],
  ['push metrics', request('PUT /metrics', [], 'clincher_up 1\n')],
  ['delete metrics', request('DELETE /metrics', [])],
  ['change the health', request('PATCH /healthz', [json], '{"ready":true}')],
  ['have its own request given back', request('TRACE /healthz', ['Cookie: a=b'])],
  ['ask what else it takes', request('OPTIONS *', [])],
  ['name another method', post('/healthz', {}, 'X-HTTP-Method-Override: GET')],
]);

export const adminTables: readonly WireTable[] = [
  {
    ...{ kind: 'wire', guard: 'admin', class: 'monitor', attacks },
    property: 'Who looks on sees health and metrics, and can do nothing with that door.',
  },
];
