// With the agent's own key: the providers' other APIs, the administration of the proxy, and its
// paths written in other ways. What is not on its list is not there.

import { ownKey, refused, request } from './write.ts';

const others = [
  // An upload is the way out that an allowed host leaves open: CVE reports of 2026 have it.
  ['upload a file to a provider', 'POST /v1/files'],
  ['list the files at a provider', 'GET /v1/files'],
  ['read a file at a provider', 'GET /v1/files/file-abc/content'],
  ['hand in a batch', 'POST /v1/batches'],
  ['hand in a batch of messages', 'POST /v1/messages/batches'],
  ['train a model', 'POST /v1/fine_tuning/jobs'],
  ['make an assistant', 'POST /v1/assistants'],
  ['make a thread', 'POST /v1/threads'],
  ['keep vectors at a provider', 'POST /v1/vector_stores'],
  ['make an image', 'POST /v1/images/generations'],
  ['make a sound', 'POST /v1/audio/speech'],
  ['have a sound written down', 'POST /v1/audio/transcriptions'],
  ['open a session in real time', 'GET /v1/realtime?model=gpt-4o-realtime-preview'],
  ['moderate a text', 'POST /v1/moderations'],
  ['read a response that is kept', 'GET /v1/responses/resp_1'],
  ['end a response that is kept', 'DELETE /v1/responses/resp_1'],
  ['make a container at a provider', 'POST /v1/containers'],
  ['use a skill at a provider', 'GET /v1/skills'],
  ['read the organization', 'GET /v1/organizations/me'],
  ['read the keys of the organization', 'GET /v1/organizations/api_keys'],
  ['read the usage of the organization', 'GET /v1/organization/usage/completions'],
  ['invite somebody', 'POST /v1/organization/invites'],
  ['ask Google for a text', 'POST /v1beta/models/gemini-2.5-pro:generateContent'],
  ['upload a file to Google', 'POST /upload/v1beta/files'],
  ['ask a model of Bedrock', 'POST /model/anthropic.claude-v2/invoke'],
  ['ask Ollama to fetch a model', 'POST /api/pull'],
  ['ask Ollama for its models', 'GET /api/tags'],
  ['pass through to a provider', 'POST /anthropic/v1/messages'],
  ['pass through to another', 'POST /openai/v1/chat/completions'],
  ['pass through to Vertex', 'POST /vertex_ai/v1/projects'],
  ['write in the settings', 'POST /config/update'],
  ['add a model', 'POST /model/new'],
  ['take a model away', 'POST /model/delete'],
  ['read the spending of all', 'GET /global/spend/logs'],
  ['read how it is set up', 'GET /get/config/callbacks'],
  ['run a test of its prompts', 'POST /prompts/test'],
  ['use a tool by MCP', 'POST /mcp/'],
  ['list its routes', 'GET /routes'],
  ['read its documentation', 'GET /openapi.json'],
  ['open its page', 'GET /ui/'],
  ['read its environment', 'GET /debug/pprof/cmdline'],
  ['read its memory', 'GET /debug/memory'],
] as const;

const written = [
  ['double a slash', 'POST //v1/chat/completions'],
  ['end with a slash', 'POST /v1/chat/completions/'],
  ['go up and down again', 'POST /v1/x/../chat/completions'],
  ['go up by encoded dots', 'POST /v1/%2e%2e/v1/chat/completions'],
  ['encode a letter', 'POST /v1/ch%61t/completions'],
  ['write it in capitals', 'POST /V1/CHAT/COMPLETIONS'],
  ['hide the path behind a parameter', 'POST /v1/chat/completions;x=/metrics'],
  ['add a query', 'POST /v1/chat/completions?api-version=1'],
  ['name the model in the query', 'POST /v1/chat/completions?model=gpt-4o'],
  ['read where it only writes', 'GET /v1/chat/completions'],
  ['put what is posted', 'PUT /v1/chat/completions'],
  ['ask for what may be done', 'OPTIONS /v1/chat/completions'],
  ['post to the list of models', 'POST /v1/models'],
  ['write the whole URL', 'POST http://api.provider.example/v1/chat/completions'],
  ['reach another path behind an encoded slash', 'GET /v1/models%2f..%2f..%2fmetrics'],
] as const;

const row = ([tries, line]: readonly [string, string]) =>
  [tries, request(line, [ownKey], line.startsWith('GET') ? '' : '{}')] as const;

export const otherApiAttacks = refused(404, 'path-unknown', others.map(row));
export const pathAttacks = refused(404, 'path-unknown', written.map(row));

/** What only the master key opens, and a stack has none unless it says so. */
export const adminAttacks = refused(
  401,
  'key-unknown',
  (
    [
      ['make a key', 'POST /key/generate'],
      ['change a key', 'POST /key/update'],
      ['take a key away', 'POST /key/delete'],
      ['unblock a key', 'POST /key/unblock'],
      ['list the keys', 'GET /key/list'],
    ] as const
  ).map(row),
);
