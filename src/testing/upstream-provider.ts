// A provider of answers and of embeddings for other people's programs, at the address that every
// name leads to in a network of the test's own, with the name server that says so.

import { hash } from 'node:crypto';
import { openNameServer, record, reply, typeA } from './name-server.ts';
import { startProvider, type TestProvider } from './provider.ts';

export const providerAddress = '198.51.100.1';
const dimensions = 256;

export async function openUpstreamProvider(names: readonly string[]): Promise<TestProvider> {
  const octets = providerAddress.split('.').map(Number);
  const place = { host: '192.0.2.1', port: 53 };
  const { socket } = await openNameServer(
    (type, query) => reply(query, 0, type === typeA ? [record(typeA, octets)] : []),
    place,
  );
  const provider = await startProvider(names, { host: providerAddress, port: 443 });
  provider.respond = ({ url, body }, response) => {
    const asked = JSON.parse(body.toString() || '{}');
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(url === '/v1/embeddings' ? embed(asked) : answer(asked)));
  };
  return {
    ...provider,
    async [Symbol.asyncDispose]() {
      socket.close();
      await provider[Symbol.asyncDispose]();
    },
  };
}

function answer({ model }: { model: string }): object {
  const message = { role: 'assistant', content: 'answered outside' };
  return {
    ...{ id: 'c-1', object: 'chat.completion', created: 1, model },
    choices: [{ index: 0, message, finish_reason: 'stop' }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

/** Texts of the same words are near to one another. */
function embed({ model, input }: { model: string; input: string | readonly string[] }): object {
  const vectorOf = (text: string) => {
    const vector: number[] = Array(dimensions).fill(0.001);
    for (const word of text.toLowerCase().match(/\w+/g) ?? []) {
      vector[Number.parseInt(hash('sha256', word).slice(0, 2), 16)] = 1;
    }
    return vector;
  };
  const data = [input].flat().map((text, index) => ({
    ...{ object: 'embedding', index },
    embedding: vectorOf(text),
  }));
  return { object: 'list', model, data, usage: { total_tokens: 10, prompt_tokens: 10 } };
}
