// What a caller says of itself, wherever something may be said: it must not come out as a label
// of the page of metrics, which another host reads, nor as a line of a log that nobody wrote. All
// of it is refused or harmless; what is looked at is what is told of it.

import { requestText } from '../docker/write.ts';
import { head } from '../egress/write.ts';
import { hostMark } from '../ingress/requests.ts';
import { noModel, ownKey, request } from '../llm/write.ts';
import { type Door, doors, type TellAttack, type TellTable } from '../model.ts';

/** Stands for a word that nobody else has, of each row its own. */
export const toldMark = '<told>';

/** Where something may be said, and the bytes that say it there. */
type Place = readonly [where: string, bytes: (text: string) => string];

/** In a header, a path or a text alike; as bytes. */
const forms: readonly (readonly [how: string, text: string])[] = [
  ['', toldMark],
  [', as the end of a label', `x",reason="${toldMark}`],
  [', behind an escaped line end', `x%0a{"event":"${toldMark}"}`],
  [', behind a line end of Unicode', latin1(`x\u2028{"event":"${toldMark}"}`)],
];

/** Where a text may have any character: in JSON. */
const textForms: typeof forms = [
  ...forms.slice(0, 2),
  [', as a line of a log', `x"}\n{"level":"error","event":"${toldMark}"}`],
  [', as a metric', `x\n${toldMark}_total{caller="gateway"} 1\n`],
  [', behind what clears a line', `\u001b[2K\u0008${toldMark}`],
];

const header = (name: string) => (text: string) => `${name}: ${text}`;

/** Of every kind of request. */
const everywhere: readonly (readonly [where: string, header: (text: string) => string])[] = [
  ['in a user agent', header('User-Agent')],
  ['as the id of a request', header('X-Request-Id')],
  ['as where it comes from', header('X-Forwarded-For')],
  ['as a session', header('X-Clincher-Session')],
  ['as a header that nobody knows', header('X-Told')],
  ['as the name of a header', (text) => `${text}: 1`],
];

const denied = 'told.clincher.invalid:443';

const egressPlaces: readonly Place[] = [
  ['as a host', (text) => head(`CONNECT ${text}.invalid:443 HTTP/1.1`)],
  ['as a port', (text) => head(`CONNECT told.clincher.invalid:${text} HTTP/1.1`)],
  ['as a method', (text) => head(`${text} ${denied} HTTP/1.1`)],
  ['as a path', (text) => head(`GET http://told.clincher.invalid/${text} HTTP/1.1`)],
  ['as an account', (text) => head(`CONNECT ${denied} HTTP/1.1`, `Proxy-Authorization: ${text}`)],
  ...everywhere.map(
    ([where, line]): Place => [where, (text) => head(`CONNECT ${denied} HTTP/1.1`, line(text))],
  ),
];

const adminPlaces: readonly Place[] = [
  ['as a path', (text) => request(`GET /${text}`, [])],
  ['in a query', (text) => request(`GET /metrics?${text}`, [])],
  ...everywhere.map(([where, line]): Place => [where, (text) => request('GET /x', [line(text)])]),
];

const asked = JSON.stringify({ model: noModel, messages: [] });
const call = (...headers: readonly string[]) =>
  request(
    'POST /v1/chat/completions',
    [ownKey, 'Content-Type: application/json', ...headers],
    asked,
  );
const spoken = (member: (text: string) => Record<string, unknown>) => (text: string) => {
  const body = JSON.stringify({ model: noModel, messages: [], ...member(text) });
  return request('POST /v1/chat/completions', [ownKey, 'Content-Type: application/json'], body);
};

const llmPlaces: readonly Place[] = [
  ['as a path', (text) => request(`GET /v1/${text}`, [ownKey])],
  ['as a key', (text) => request('GET /v1/models', [`Authorization: Bearer ${text}`])],
  ['as an organization', (text) => call(`OpenAI-Organization: ${text}`)],
  ['as a version of an API', (text) => call(`Anthropic-Version: ${text}`)],
  ['as a tag', (text) => call(`X-Litellm-Tags: ${text}`)],
  ...everywhere.map(([where, line]): Place => [where, (text) => call(line(text))]),
];

const llmTexts: readonly Place[] = [
  ['as a model', spoken((model) => ({ model }))],
  ['as a user', spoken((user) => ({ user }))],
  [
    'as the name of a tool',
    spoken((name) => ({ tools: [{ type: 'function', function: { name } }] })),
  ],
  ['as metadata', spoken((tag) => ({ metadata: { tags: [tag], [tag]: tag } }))],
  ['as a session in metadata', spoken((id) => ({ metadata: { session_id: id, user_id: id } }))],
  ['as the name of a member', spoken((name) => ({ [name]: 1 }))],
  ['as what was said', spoken((content) => ({ messages: [{ role: 'user', content }] }))],
];

const created = (body: unknown) =>
  requestText('POST', '/v1.43/containers/create', json(body), typed);
const typed = ['Content-Type', 'application/json'];
const privileged = { Image: 'clincher-none', HostConfig: { Privileged: true } };

const dockerPlaces: readonly Place[] = [
  ['as a container', (text) => requestText('GET', `/v1.43/containers/${text}/json`)],
  ['as an image', (text) => requestText('GET', `/v1.43/images/${text}/get`)],
  ['as a filter', (text) => requestText('GET', `/v1.43/networks?filters=${text}`)],
  ['as a version', (text) => requestText('GET', `/v${text}/containers/json?all=${text}`)],
  ['as a method', (text) => requestText(text, '/v1.43/volumes')],
  ...everywhere.map(
    ([where, line]): Place => [
      where,
      (text) => `GET /v1.43/volumes HTTP/1.1\r\nHost: docker\r\n${line(text)}\r\n\r\n`,
    ],
  ),
];

const dockerTexts: readonly Place[] = [
  ['as a label', (text) => created({ ...privileged, Labels: { told: text } })],
  ['as the name of a label', (text) => created({ ...privileged, Labels: { [text]: 'told' } })],
  ['as the image of a container', (text) => created({ ...privileged, Image: text })],
  ['as a host name', (text) => created({ ...privileged, Hostname: text })],
  ['as a variable', (text) => created({ ...privileged, Env: [`TOLD=${text}`] })],
  ['as a command', (text) => created({ ...privileged, Cmd: [text] })],
];

const from = (line: string, ...headers: readonly string[]) =>
  head(`${line} HTTP/1.1`, `Host: ${hostMark}`, 'Connection: close', ...headers);

const ingressPlaces: readonly Place[] = [
  ['as a host', (text) => head('GET / HTTP/1.1', `Host: ${text}.invalid`)],
  ['as a server before the path', (text) => from(`GET http://${text}.invalid/`)],
  ['as a method', (text) => from(`${text} /`)],
  ['as a token', (text) => from('GET /metrics', `Authorization: Bearer ${text}`)],
  ['as a query', (text) => from(`GET /metrics?${text}`)],
  ['as a path below one with a token', (text) => from(`GET /metrics/${text}`)],
  ['as an origin', (text) => from('POST /metrics', `Origin: https://${text}.invalid`)],
  [
    'as a protocol in a WebSocket',
    (text) =>
      from('GET /metrics', 'Upgrade: websocket', `Sec-WebSocket-Protocol: ${text}`, 'Origin: x'),
  ],
  ['as a cookie', (text) => from('GET /metrics', `Cookie: ${text}=${text}`)],
  ...everywhere.map(([where, line]): Place => [where, (text) => from('GET /metrics', line(text))]),
];

function said(places: readonly Place[], how: typeof forms): readonly TellAttack[] {
  return places.flatMap(([where, bytes]) =>
    how.map(([form, text]) => ({ tries: `tell it ${where}${form}`, bytes: bytes(text) })),
  );
}

const attacks: Readonly<Record<Door, readonly TellAttack[]>> = {
  egress: said(egressPlaces, forms),
  llm: [...said(llmPlaces, forms), ...said(llmTexts, textForms)],
  'docker-proxy': [...said(dockerPlaces, forms), ...said(dockerTexts, textForms)],
  ingress: said(ingressPlaces, forms),
  admin: said(adminPlaces, forms.slice(0, 2)),
};

export const toldTables: readonly TellTable[] = (Object.keys(doors) as Door[]).map((guard) => ({
  ...{ kind: 'told', guard, class: `${guard}-told`, attacks: attacks[guard] },
  property: 'What a caller says becomes no label that another host reads, and no line of a log.',
}));

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function json(body: unknown): string {
  return JSON.stringify(body);
}
