// What each provider is sent, literally: path, the headers that matter there, and the body.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { Api } from '../../../policy/llm-api.ts';
import { priceFromConfig } from '../../../policy/llm-price.ts';
import { readModelRequest } from '../../../policy/llm-request.ts';
import { findTranslation } from '../../../policy/llm-translate/translate.ts';
import { providerRequest } from '../provider-request.ts';
import { type ProviderKind, providerKinds, providerSchema } from '../routing/settings.ts';
import { adapters } from './index.ts';

const price = priceFromConfig({ inputNanoUsd: 1, outputNanoUsd: 1 });
const clientHeaders = {
  authorization: 'Bearer vk-client',
  'x-api-key': 'vk-client',
  cookie: 'a=b',
  'anthropic-version': '2023-06-01',
  'anthropic-beta': 'one,two',
  'openai-beta': 'three',
  'x-forwarded-for': '192.0.2.1',
};

interface Asked {
  readonly api: Api;
  /** What the provider is asked in, where it is another. */
  readonly to?: Api;
  readonly model?: string;
  readonly body?: string;
  readonly options?: object;
  readonly baseUrl?: string;
  readonly search?: string;
  readonly secret?: string;
}

function sent(kind: ProviderKind, asked: Asked) {
  const { api, to = api, model = 'm-1', body = '{"model":"ours","messages":[]}' } = asked;
  const { options = {}, baseUrl = 'https://host.example', secret = 'sk-real', search = '' } = asked;
  const named = { name: 'p', dialect: 'openai', kind, baseUrl, key: 'k', keyHint: '', options };
  const provider = providerSchema.parse(named);
  const bytes = Buffer.from(body);
  const request = readModelRequest(api, bytes);
  assert.ok(!('fault' in request));
  const made = providerRequest(
    { request, body: bytes, headers: clientHeaders, search, requestId: 'req-1' },
    {
      ...{ id: 'd', group: 'ours', provider: 'p', model, api: to, price, outputTokens: 9 },
      worst: { inputTokens: 1, outputTokens: 9, nanoUsd: 1 },
      ...{ weight: 1, order: 0, rpm: null, tpm: null, parallelMax: null, isMarked: false },
    },
    { provider, adapter: adapters[kind], url: new URL(baseUrl), secret, headers: {} },
    findTranslation(api, to),
    Date.UTC(2026, 10, 1),
  );
  assert.ok(!('refused' in made));
  return { ...made, text: Buffer.concat(made.body).toString() };
}

const chat = '{"max_tokens":9,"model":"m-1","messages":[]}';
const chatNew = '{"max_completion_tokens":9,"model":"m-1","messages":[]}';
const embed = '{"model":"ours","input":"x"}';
const counted = '{"model":"ours","messages":[{"role":"user","content":"x"}]}';
const bearer = { authorization: 'Bearer sk-real' };

const rows: readonly [
  kind: ProviderKind,
  asked: Asked,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
][] = [
  [
    'anthropic',
    { api: 'messages', search: '?beta=true' },
    '/v1/messages?beta=true',
    { 'x-api-key': 'sk-real', 'anthropic-version': '2023-06-01', 'anthropic-beta': 'one,two' },
    chat,
  ],
  [
    'anthropic',
    { api: 'count-tokens' },
    '/v1/messages/count_tokens',
    { 'x-api-key': 'sk-real' },
    '{"model":"m-1","messages":[]}',
  ],
  ['anthropic-compatible', { api: 'messages' }, '/v1/messages', { 'x-api-key': 'sk-real' }, chat],
  [
    'openai',
    { api: 'chat' },
    '/v1/chat/completions',
    { ...bearer, 'openai-beta': 'three' },
    chatNew,
  ],
  [
    'openai',
    { api: 'chat', options: { organization: 'org-1' } },
    '/v1/chat/completions',
    { ...bearer, 'openai-organization': 'org-1' },
    chatNew,
  ],
  [
    'openai',
    { api: 'responses', body: '{"model":"ours","input":"x"}' },
    '/v1/responses',
    bearer,
    '{"max_output_tokens":9,"model":"m-1","input":"x"}',
  ],
  [
    'openai',
    { api: 'completions', body: '{"model":"ours","prompt":"x"}' },
    '/v1/completions',
    bearer,
    '{"max_tokens":9,"model":"m-1","prompt":"x"}',
  ],
  [
    'openai',
    { api: 'embeddings', body: embed },
    '/v1/embeddings',
    bearer,
    '{"model":"m-1","input":"x"}',
  ],
  ['openai-compatible', { api: 'chat' }, '/v1/chat/completions', bearer, chat],
  ['ollama', { api: 'messages', secret: '' }, '/v1/messages', {}, chat],
  ['gemini', { api: 'chat' }, '/v1beta/openai/chat/completions', bearer, chat],
  [
    'gemini',
    { api: 'embeddings', body: embed },
    '/v1beta/openai/embeddings',
    bearer,
    '{"model":"m-1","input":"x"}',
  ],
  [
    'openai-compatible',
    { api: 'responses', body: '{"model":"ours","input":"x"}' },
    '/v1/responses',
    bearer,
    '{"max_output_tokens":9,"model":"m-1","input":"x"}',
  ],
  ['mistral', { api: 'chat' }, '/v1/chat/completions', bearer, chat],
  ['groq', { api: 'chat' }, '/v1/chat/completions', bearer, chatNew],
  ['xai', { api: 'messages' }, '/v1/messages', { ...bearer, 'anthropic-beta': 'one,two' }, chat],
  ['deepseek', { api: 'messages' }, '/anthropic/v1/messages', bearer, chat],
  ['deepseek', { api: 'chat' }, '/v1/chat/completions', bearer, chat],
  ['openrouter', { api: 'messages' }, '/v1/messages', bearer, chat],
  ['together', { api: 'chat' }, '/v1/chat/completions', bearer, chat],
  ['fireworks', { api: 'chat' }, '/v1/chat/completions', bearer, chat],
  ['cerebras', { api: 'chat' }, '/v1/chat/completions', bearer, chatNew],
  [
    'azure-openai',
    { api: 'chat' },
    '/openai/v1/chat/completions',
    { 'api-key': 'sk-real' },
    chatNew,
  ],
  [
    'azure-openai',
    { api: 'chat', model: 'my dep', options: { apiVersion: '2024-10-21' } },
    '/openai/deployments/my%20dep/chat/completions?api-version=2024-10-21',
    { 'api-key': 'sk-real' },
    chatNew.replace('m-1', 'my dep'),
  ],
  [
    'azure-openai',
    { api: 'responses', body: '{"model":"ours"}', options: { apiVersion: 'preview' } },
    '/openai/responses?api-version=preview',
    { 'api-key': 'sk-real' },
    '{"max_output_tokens":9,"model":"m-1"}',
  ],
  [
    'voyage',
    { api: 'embeddings', to: 'embed-voyage', body: embed },
    '/v1/embeddings',
    bearer,
    '{"model":"m-1","input":["x"]}',
  ],
  [
    'cohere',
    { api: 'embeddings', to: 'embed-cohere', body: embed },
    '/v2/embed',
    bearer,
    '{"model":"m-1","texts":["x"],"input_type":"search_document","embedding_types":["float"]}',
  ],
  [
    'openai',
    { api: 'count-tokens', to: 'count-responses', body: counted, search: '?beta=true' },
    '/v1/responses/input_tokens',
    bearer,
    '{"model":"m-1","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}]}',
  ],
  [
    'gemini',
    { api: 'count-tokens', to: 'count-generate', body: counted, search: '?beta=true' },
    '/v1beta/models/m-1:countTokens',
    { 'x-goog-api-key': 'sk-real' },
    '{"generateContentRequest":{"model":"models/m-1","contents":[{"role":"user","parts":[{"text":"x"}]}]}}',
  ],
  [
    'bedrock',
    { api: 'messages', model: 'anthropic.claude-x-v1:0', secret: 'bedrock-api-key' },
    '/model/anthropic.claude-x-v1%3A0/invoke',
    { authorization: 'Bearer bedrock-api-key' },
    '{"max_tokens":9,"anthropic_version":"bedrock-2023-05-31","messages":[]}',
  ],
  [
    'bedrock',
    { api: 'messages', body: '{"stream":true,"max_tokens":3,"model":"ours"}', secret: 'key' },
    '/model/m-1/invoke-with-response-stream',
    { authorization: 'Bearer key' },
    '{"anthropic_version":"bedrock-2023-05-31","max_tokens":3}',
  ],
];

for (const [kind, asked, path, headers, body] of rows) {
  const what = `${kind} ${asked.api}${asked.options === undefined ? '' : ' with options'}`;
  test(`${what} goes to ${path}`, () => {
    const made = sent(kind, asked);
    assert.equal(made.path, path);
    assert.equal(made.text, body);
    for (const [name, value] of Object.entries(headers)) {
      assert.equal(made.headers[name], value, name);
    }
    // Nothing of the client's own goes along, and the key stands in one header only.
    const all = Object.entries(made.headers);
    assert.ok(!JSON.stringify(all).includes('vk-client'));
    assert.ok(all.every(([name]) => name !== 'cookie' && !name.startsWith('x-forwarded')));
    const secret = asked.secret ?? 'sk-real';
    const withKey = all.filter(([, value]) => secret !== '' && value.includes(secret));
    assert.equal(withKey.length, secret === '' ? 0 : 1);
  });
}

test('every provider speaks something, at a path, under its own name', () => {
  for (const kind of providerKinds) {
    assert.equal(adapters[kind].kind, kind);
    assert.ok(Object.keys(adapters[kind].paths).length > 0, kind);
  }
});

test('a provider that counts unasked is not told to', () => {
  const body = '{"model":"ours","stream":true,"max_tokens":3}';
  assert.ok(!sent('mistral', { api: 'chat', body }).text.includes('stream_options'));
  const told = sent('groq', { api: 'chat', body });
  assert.ok(told.text.includes('"stream_options":{"include_usage":true}'));
  assert.equal(told.countUnasked, true);
});

test('Vertex is asked at its project and region, with a token its key file signed', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = {
    client_email: 'agent@project.example',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
  const secret = Buffer.from(JSON.stringify(file)).toString('base64');
  const options = { project: 'house', region: 'europe-west1' };
  const body = '{"model":"ours","stream":true,"max_tokens":3}';
  const claude = sent('vertex', { api: 'messages', model: 'claude-x', body, options, secret });
  const at = '/v1/projects/house/locations/europe-west1';
  assert.equal(claude.path, `${at}/publishers/anthropic/models/claude-x:streamRawPredict`);
  const expected = '{"anthropic_version":"vertex-2023-10-16","stream":true,"max_tokens":3}';
  assert.equal(claude.text, expected);
  assert.match(claude.headers.authorization ?? '', /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
  const gemini = sent('vertex', { api: 'chat', model: 'google/gemini-x', options, secret });
  assert.equal(gemini.path, `${at}/endpoints/openapi/chat/completions`);
  assert.equal(gemini.text, chat.replace('m-1', 'google/gemini-x'));
});

test('Bedrock is asked with a signature over path and body where the key is a pair', () => {
  const secret = `AKIAIOSFODNN7EXAMPLE:${'s'.repeat(40)}`;
  const baseUrl = 'https://bedrock-runtime.eu-west-1.amazonaws.com';
  const { headers } = sent('bedrock', { api: 'messages', model: 'a:0', secret, baseUrl });
  const [credential, signedHeaders, signature] = (headers.authorization ?? '').split(', ');
  const scope = '20261101/eu-west-1/bedrock/aws4_request';
  assert.equal(credential, `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/${scope}`);
  assert.match(signedHeaders ?? '', /^SignedHeaders=[a-z0-9;-]*host;[a-z0-9;-]*x-amz-date/);
  assert.match(signature ?? '', /^Signature=[0-9a-f]{64}$/);
  assert.ok(!JSON.stringify(headers).includes('ssss'));
});
