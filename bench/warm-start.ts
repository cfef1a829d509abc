// How long a warm start takes until every role but the agent serves:
// `node bench/warm-start.ts [RUNS]`. It brings the demonstration up in a folder of its own, once to
// warm up, and takes it down again each time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const launcher = resolve(import.meta.dirname, '../clincher');
const agent = 'gateway';

async function main(runs: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'clincher-bench-'));
  try {
    await configure(dir);
    await start(dir);
    const servedMs: number[] = [];
    for (let run = 0; run < runs; run++) servedMs.push(await start(dir));
    const sorted = servedMs.toSorted((a, b) => a - b);
    const show = (ms: number | undefined) => `${((ms ?? Number.NaN) / 1000).toFixed(2)} s`;
    const median = sorted[Math.floor(sorted.length / 2)];
    process.stdout.write(
      `warm start until every role but the agent serves: median ${show(median)}, ` +
        `min ${show(sorted[0])}, max ${show(sorted.at(-1))}, ${runs} runs\n`,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function configure(dir: string): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  await writeFile(
    join(dir, 'clincher.yaml'),
    `version: 1
providers: { anthropic: { key: env:ANTHROPIC_API_KEY } }
budget: { usd: 1, per: day }
ingress: { listen: "127.0.0.1:${port}", origin: "https://localhost:${port}" }
sandbox: { docker: false }
`,
  );
}

/** From the start of `clincher up` to the last role's first word that it serves. */
async function start(dir: string): Promise<number> {
  const logs = join(dir, '.clincher/logs');
  await rm(logs, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const startedMs = Date.now();
  await clincher(dir, ['up', '--demo', '--detach']);
  const servingMs: number[] = [];
  for (const name of await readdir(logs)) {
    if (!name.endsWith('.log') || name === `${agent}.log`) continue;
    const text = await readFile(join(logs, name), 'utf8');
    const line = text.split('\n').find((each) => each.includes('"event":"serving"'));
    if (line !== undefined) servingMs.push(Date.parse(JSON.parse(line).time));
  }
  await clincher(dir, ['down']);
  return Math.max(...servingMs) - startedMs;
}

async function clincher(cwd: string, args: readonly string[]): Promise<void> {
  const child = spawn('sh', [launcher, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`clincher ${args.join(' ')} ended with ${code}`);
}

await main(Number(process.argv[2] ?? 5));
