// Whole model proxies over HTTP, one that forwards and one with a cache of many answers in the
// scope of what is asked: processor time of the proxy for each request.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request as openRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { demandsOf } from '../../src/policy/llm-cache/guard.ts';
import { planCache } from '../../src/policy/llm-cache/plan.ts';
import { readModelRequest } from '../../src/policy/llm-request.ts';
import { loadCommonWords } from '../../src/roles/llm/cache/embedding/common-words.ts';
import { loadStaticEmbedding } from '../../src/roles/llm/cache/embedding/static-embedding.ts';
import { freePort, type Program, started, stop } from '../process.ts';
import { cpuSecondsOf } from '../usage.ts';
import { fill, type Measured, openBenchStore } from './filled-store.ts';
import { median } from './measure.ts';
import { makeQuestions } from './questions.ts';

const root = join(import.meta.dirname, '../..');
/** Short ones in turns: what else the machine does meanwhile is then beside each of them. */
const rounds = 16;
const warmRounds = 8;
const allRounds = warmRounds + rounds;
const atOnce = 4;
/** What a proxy writes down is written a moment later: it is of those who were asked before. */
const afterwardsMs = 400;
/** What a text ends with whose request has a system prompt that no other has. */
const ownScope = '\n';

export async function measureProxies(measured: Measured): Promise<string[][]> {
  const { folder, entries, requests, words } = measured;
  const provider = spawn(process.execPath, [join(root, 'bench/llm/provider.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(provider.stdout, 'data');
  const providerPort = JSON.parse(String(line)).port;
  const each = Math.ceil(requests / 4);
  const { asked, again } = makeQuestions(entries, allRounds * each, 3, words);
  const similar = [...again];
  const more = makeQuestions(3 * allRounds * each, 0, 4, words).asked;
  const unknown = more.map((text) => `${text}?`);
  const forwarding = await startProxy(folder, 'forwarding', providerPort, false);
  try {
    await fillFile(folder, asked);
    const caching = await startProxy(folder, 'caching', providerPort, true);
    try {
      await untilRead(caching, asked.at(-1) ?? '');
      const next = () => unknown.splice(0, each);
      const alone = () => next().map((text) => `${text}${ownScope}`);
      const kinds: [string, Proxy, () => string[], string][] = [
        ['forwarded, no cache', forwarding, next, ''],
        ['not found among them, forwarded, kept', caching, next, 'miss'],
        ['in a scope of its own, forwarded, kept', caching, alone, 'miss'],
        ['the same request', caching, () => asked.slice(0, each), 'exact'],
        ['a similar one', caching, () => similar.splice(0, each), 'semantic'],
      ];
      const found = new Map(kinds.map(([name]) => [name, [] as Asked[]]));
      for (let round = 0; round < allRounds; round += 1) {
        for (const [name, proxy, texts, did] of kinds) {
          const result = await askAll(proxy, texts(), did);
          if (round >= warmRounds) found.get(name)?.push(result);
        }
      }
      const beside = [...found.values()][0] ?? [];
      return [
        [`over HTTP, ${entries} entries`, 'CPU time a request', 'to forwarding', 'as meant'],
        ...[...found].map(([name, all]) => {
          const ratios = all.map(({ cpuUs }, round) => cpuUs / (beside[round]?.cpuUs ?? 0));
          const share = median(all.map((one) => one.share));
          return [
            ...[name, `${median(all.map(({ cpuUs }) => cpuUs)).toFixed(0)} µs`],
            ...[median(ratios).toFixed(2), `${(100 * share).toFixed(0)} %`],
          ];
        }),
      ];
    } finally {
      await stop(caching.process);
    }
  } finally {
    await stop(forwarding.process);
    provider.kill();
  }
}

interface Proxy {
  readonly port: number;
  readonly process: Program;
}

async function startProxy(
  folder: string,
  name: string,
  providerPort: number,
  withCache: boolean,
): Promise<Proxy> {
  const port = await freePort();
  const [secretsDir, stateDir] = [join(folder, 'secrets'), join(folder, name)];
  for (const each of [secretsDir, stateDir]) mkdirSync(each, { recursive: true });
  writeFileSync(join(secretsDir, 'bench-key'), 'bench-key');
  writeFileSync(join(secretsDir, 'provider-key'), 'x');
  const baseUrl = `http://127.0.0.1:${providerPort}`;
  const price = { inputNanoUsd: 1_000, outputNanoUsd: 5_000 };
  const semantic = { policy: 'fixed', threshold: 0.8, guard: true, checkShare: 0 };
  const limits = { entriesMax: 200_000, bytesMax: 1e9 };
  const settings = {
    ...{ service: 'llm', admin: [], secretsDir, stateDir },
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'bench' }],
    providers: [{ name: 'bench', dialect: 'openai', baseUrl, key: 'provider-key', keyHint: 'x' }],
    models: [{ name: 'bench', deployments: [{ provider: 'bench', model: 'bench', price }] }],
    keys: [{ name: 'bench', secret: 'bench-key', caller: 'bench' }],
    budgets: [{ limitNanoUsd: 9e15, window: 'day' }],
    dial: { bench: { direct: `tcp:127.0.0.1:${providerPort}` } },
    ...(withCache ? { cache: { mode: 'semantic', ttlMs: 3_600_000, semantic, limits } } : {}),
  };
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify(settings));
  const args = [join(root, 'src/cli/serve.ts'), 'llm', '--settings', file];
  const { process: running } = await started({
    ...{ name, folder, port, program: process.execPath, args },
  });
  return { port, process: running };
}

/** As the proxy would have kept them; that it finds them says that they are named as it does. */
async function fillFile(folder: string, texts: readonly string[]): Promise<void> {
  const isCommon = loadCommonWords();
  const placeOf = (text: string) => {
    const body = Buffer.from(bodyOf(text));
    const request = readModelRequest('chat', body);
    const plan =
      'fault' in request
        ? null
        : planCache(request, body, {
            ...{ caller: 'bench', key: 'bench', session: null, share: 'session', model: 'bench' },
            ...{ namespace: '', headers: [], search: '', tools: 'never', semantic: true },
            ...{ demandsOf: (of) => demandsOf(of, isCommon), textBytesMax: 2_048 },
          });
    if (plan === null || 'leftOut' in plan) throw new Error('it would not be kept');
    const { key: id, owner, question } = plan;
    return { id, owner, scope: question?.scope ?? '' };
  };
  mkdirSync(join(folder, 'caching'), { recursive: true });
  await using store = openBenchStore(loadStaticEmbedding(), join(folder, 'caching/cache.sqlite'));
  await fill(store, texts, placeOf);
}

async function untilRead(proxy: Proxy, text: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await askAll(proxy, [text], 'exact')).share === 1) return;
    await wait(100);
  }
  throw new Error('what is in the file is not found');
}

interface Asked {
  readonly cpuUs: number;
  /** Of those asked, how many the cache did with what was meant. */
  readonly share: number;
}

async function askAll(proxy: Proxy, texts: readonly string[], did: string): Promise<Asked> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const left = [...texts];
  let meant = 0;
  const before = cpuSecondsOf(proxy.process.pid);
  const worker = async () => {
    for (let text = left.pop(); text !== undefined; text = left.pop()) {
      if ((await askOne(proxy.port, text, agent)) === did) meant += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await wait(afterwardsMs);
  const cpuUs = ((cpuSecondsOf(proxy.process.pid) - before) / texts.length) * 1e6;
  agent.destroy();
  return { cpuUs, share: meant / texts.length };
}

/** Resolves to what the cache did, as the answer's header has it. */
async function askOne(port: number, text: string, agent: Agent): Promise<string> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer bench-key' };
  const path = '/v1/chat/completions';
  const target = { host: '127.0.0.1', port, path, method: 'POST', agent, headers };
  const request = openRequest(target);
  request.end(bodyOf(text));
  const [response] = await once(request, 'response');
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
  for await (const _ of response);
  return String(response.headers['x-clincher-cache'] ?? '');
}

function bodyOf(text: string): string {
  const system = text.endsWith(ownScope) ? [{ role: 'system', content: text }] : [];
  return JSON.stringify({ model: 'bench', messages: [...system, { role: 'user', content: text }] });
}
