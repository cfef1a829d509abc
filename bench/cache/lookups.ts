// The way to an answer for a similar question: embedding, search and answer in the process, beside
// an embedding call over HTTP and a vector search in Redis, taken in turns. One server of
// embeddings costs nothing and waits for nothing, as it has every vector ready; where a Python is
// named that has the sentence model, another one computes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, request as openRequest } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { demandsOf } from '../../src/policy/llm-cache/guard.ts';
import { featuresOf } from '../../src/policy/llm-cache/question-features.ts';
import { loadCommonWords } from '../../src/roles/llm/cache/embedding/common-words.ts';
import { loadStaticEmbedding } from '../../src/roles/llm/cache/embedding/static-embedding.ts';
import { redisEight } from '../../src/testing/redis-eight.ts';
import { startRedis } from '../../src/testing/redis-server.ts';
import { fill, idOf, type Measured, nobody, openBenchStore } from './filled-store.ts';
import { type Cost, costOf, median } from './measure.ts';
import { makeQuestions } from './questions.ts';

const scope = 'bench';
const rounds = 4;
/** Of the vectors that Redis holds. */
const dimensions = 256;
const computedName = 'embedding computed, over HTTP, Redis search';

const sentenceServer = fileURLToPath(new URL('sentence-server.py', import.meta.url));
/** A call of one that computes takes too long for all of them. */
const computedMax = 250;

export async function measureLookups(measured: Measured): Promise<string[][]> {
  const { entries, requests, words, sentences } = measured;
  const program = redisEight(false);
  if (program === null) throw new Error('there is no Redis 8: npm test installs it');
  await using redis = await startRedis(program);
  await using canned = await cannedServer();
  await using computing = sentences === null ? null : await computingServer(sentences);
  const path = redis.address.replace('unix:', '');
  await using other = otherWay(path, canned.port);
  await using computed = computing === null ? null : otherWay(path, computing.port);
  const embedding = loadStaticEmbedding();
  await using store = openBenchStore(embedding, null);
  const { asked, again } = makeQuestions(entries, 2 * rounds * requests, 2, words);
  const isCommon = loadCommonWords();
  // As requests are placed: all else being the same, by what they demand.
  const placeOf = (text: string) => idOf(scope, demandsOf(featuresOf(text), isCommon));
  await fill(store, asked, (text) => {
    const place = placeOf(text);
    return { id: idOf(place, text), scope: place, owner: 'bench' };
  });
  for (let at = 0; at < asked.length; at += 500) {
    const puts = asked.slice(at, at + 500).map((text) => {
      const vector = embedding.embedNow(text);
      return vector === null ? null : other.put(idOf(scope, text), vector);
    });
    await Promise.all(puts);
  }
  const ways: Record<string, (text: string) => Promise<unknown>> = {
    'embedding alone': async (text) => embedding.embedNow(text),
    'embedding, search, answer': async (text) => {
      const [near] = await store.nearest({ scope: placeOf(text), text }, 8, nobody);
      return near === undefined ? null : store.get(near.entry.id);
    },
    'not found: nothing in its scope': (text) =>
      store.nearest({ scope: 'another', text }, 8, nobody),
    'the same request': (text) => store.get(idOf(placeOf(text), text)),
    'embedding over HTTP, Redis search': (text) => other.find(text),
    ...(computed === null ? {} : { [computedName]: (text: string) => computed.find(text) }),
  };
  const costs = new Map<string, Cost[]>(Object.keys(ways).map((name) => [name, []]));
  // The first round warms up; there are too many texts for a vector to be remembered.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      const from = (round % 2) * requests + (round >> 1) * 2 * requests;
      const count = name === computedName ? Math.min(requests, computedMax) : requests;
      const cost = await costOf(again.slice(from, from + count), way);
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  return [
    [`at ${entries} entries`, 'CPU time', 'p50', 'p99'],
    ...[...costs].map(([name, all]) => [
      name,
      `${median(all.map(({ cpuUs }) => cpuUs)).toFixed(0)} µs`,
      `${median(all.map(({ p50Ms }) => p50Ms)).toFixed(3)} ms`,
      `${median(all.map(({ p99Ms }) => p99Ms)).toFixed(3)} ms`,
    ]),
  ];
}

interface OtherWay extends AsyncDisposable {
  put(id: string, vector: Float32Array): Promise<void>;
  find(text: string): Promise<unknown>;
}

interface EmbeddingServer extends AsyncDisposable {
  readonly port: number;
}

async function cannedServer(): Promise<EmbeddingServer> {
  const embedding = Array.from({ length: dimensions }, (_, at) => Math.sin(at));
  const answer = JSON.stringify({ object: 'list', data: [{ index: 0, embedding }] });
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
  }).listen(0, '127.0.0.1');
  // Longer than the others take until it is this one's turn again.
  server.keepAliveTimeout = 600_000;
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise((done) => server.close(() => done())),
  };
}

async function computingServer(python: string): Promise<EmbeddingServer> {
  const child = spawn(python, [sentenceServer], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${python} ended before it served: see above`);
  });
  const [said] = await Promise.race([once(child.stdout, 'data'), ended]);
  return {
    port: Number(said),
    async [Symbol.asyncDispose]() {
      ended.catch(() => {});
      child.kill();
      await once(child, 'exit');
    },
  };
}

function otherWay(path: string, port: number): OtherWay {
  const redis = new Redis({ path, protocol: 2 });
  const agent = new Agent({ keepAlive: true });
  const bytesOf = (vector: Float32Array) =>
    Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return {
    async put(id, vector) {
      await redis.call('VADD', scope, 'FP32', bytesOf(vector), id);
    },
    async find(text) {
      const target = { host: '127.0.0.1', port, method: 'POST', path: '/v1/embeddings', agent };
      const request = openRequest(target);
      const asked = JSON.stringify({ model: 'bench', input: text });
      request.setHeader('content-length', Buffer.byteLength(asked));
      request.end(asked);
      const [response] = await once(request, 'response');
      let body = '';
      for await (const piece of response) body += piece;
      const numbers: number[] = JSON.parse(body).data[0].embedding;
      const vector = Float32Array.from(numbers.slice(0, dimensions));
      const args = ['FP32', bytesOf(vector), 'WITHSCORES', 'COUNT', 8] as const;
      const [id] = (await redis.call('VSIM', scope, ...args)) as string[];
      return redis.get(String(id));
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect();
      agent.destroy();
    },
  };
}
