// A probe: runs inside the model proxy, starts a second one there (the same program, told the same
// but for money, keys and provider), is its provider, and calls it. Self-contained: see reach.ts.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface TwinShot {
  readonly as: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly leaves: boolean;
}

export interface TwinTry {
  readonly id: number;
  readonly rounds: readonly (readonly TwinShot[])[];
  readonly hides: readonly string[];
}

export interface TwinInput {
  /** Where a service of this stack reads what it is told. */
  readonly settingsPath: string;
  /**
   * In place of what the running one is told, with marks: `{{port}}` of the provider, `{{folder}}`
   * of the twin's files.
   */
  readonly changes: Readonly<Record<string, unknown>>;
  /** The same of its cache of answers, where it has one. */
  readonly cacheChanges: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly tries: readonly TwinTry[];
  /** What the provider says, with marks; by the end of the path that it is asked at. */
  readonly answers: {
    readonly whole: Readonly<Record<string, string>>;
    readonly piece: string;
    readonly end: string;
  };
  readonly scratch: readonly string[];
  readonly atOnce: number;
  readonly startDeadlineMs: number;
  readonly answerDeadlineMs: number;
}

export interface TwinHeard {
  readonly id: number;
  readonly answers: readonly { readonly status: number; readonly reason: string }[];
  /** How many calls reached the provider, and how many tokens it would have billed for them. */
  readonly arrivals: number;
  readonly tokens: number;
  /** Of what must be hidden: what the provider was told, and what came back. */
  readonly leaked: readonly string[];
  /** Two answers were one. */
  readonly isShared: boolean;
}

export interface TwinResult {
  /** Why there is none; empty. */
  readonly failed: string;
  readonly heard: readonly TwinHeard[];
}

declare const probeInput: TwinInput;

/** Long enough that calls at once are at once. */
const answerAfterMs = 100;
const streamSteps = 5;
/** What is billed where nobody said how much. */
const unboundTokens = 1_000_000;

const arrived = new Map<number, { count: number; tokens: number; readonly leaked: Set<string> }>();
let answersGiven = 0;

const folder = scratchFolder();
const provider = createServer((asked, answer) => void provide(asked, answer));
const started: ChildProcess[] = [];
const result = await run().catch((error: Error) => ({ failed: error.message, heard: [] }));
for (const twin of started) twin.kill('SIGKILL');
provider.close();
provider.closeAllConnections();
rmSync(folder, { recursive: true, force: true });
process.stdout.write(JSON.stringify(result), () => process.exit(0));

async function run(): Promise<TwinResult> {
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const why = await startTwin((provider.address() as AddressInfo).port);
  if (why !== '') return { failed: why, heard: [] };
  const waiting = [...probeInput.tries];
  const heard: TwinHeard[] = [];
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) heard.push(await attempt(one));
  };
  await Promise.all(Array.from({ length: probeInput.atOnce }, work));
  return { failed: '', heard };
}

/** Resolves to why it could not, or to nothing. */
async function startTwin(port: number): Promise<string> {
  const { settingsPath, changes, cacheChanges, secrets } = probeInput;
  const told = JSON.parse(readFileSync(settingsPath, 'utf8'));
  const argv = argvOf(settingsPath);
  if (argv === undefined) return 'no running program was told those settings';
  const cache = told.cache === null ? null : { ...told.cache, ...cacheChanges };
  const settings = JSON.stringify({ ...told, cache, ...changes })
    .replaceAll('{{port}}', String(port))
    .replaceAll('{{folder}}', folder);
  const file = `${folder}/settings.json`;
  writeFileSync(file, settings, { mode: 0o600 });
  for (const name of ['secrets', 'state']) mkdirSync(`${folder}/${name}`, { mode: 0o700 });
  for (const [name, text] of Object.entries(secrets)) {
    writeFileSync(`${folder}/secrets/${name}`, text, { mode: 0o600 });
  }
  const args = argv.slice(1).map((word) => (word === settingsPath ? file : word));
  // Under the name of this probe: whoever ends that ends both.
  const argv0 = process.argv.at(-1) ?? '';
  const stdio = ['ignore', 'ignore', 'pipe'] as const;
  const twin = spawn(process.execPath, args, { argv0, env: {}, stdio: [...stdio] });
  started.push(twin);
  let errors = '';
  twin.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2_000);
  });
  const until = performance.now() + probeInput.startDeadlineMs;
  while (performance.now() < until && twin.exitCode === null && twin.signalCode === null) {
    // It is the last that is opened.
    if (existsSync(`${folder}/admin`)) return '';
    await pause(50);
  }
  return `it did not start: ${errors.trim().split('\n').at(-1) ?? ''}`;
}

/** The command line of who runs on these settings: Node itself, and not what started it. */
function argvOf(settingsPath: string): string[] | undefined {
  const all = readdirSync('/proc').map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    } catch {
      return [];
    }
  });
  return all.find((argv) => argv[0]?.endsWith('/node') && argv.includes(settingsPath));
}

async function attempt({ id, rounds, hides }: TwinTry): Promise<TwinHeard> {
  const mine = { count: 0, tokens: 0, leaked: new Set<string>() };
  arrived.set(id, mine);
  const answers: Answered[] = [];
  for (const round of rounds) answers.push(...(await Promise.all(round.map(call))));
  // A call that was left may still be on its way.
  await pause(2 * answerAfterMs);
  const given = answers.flatMap(({ text }) => /answer-[0-9]+-end/.exec(text)?.[0] ?? []);
  const leaked = [...mine.leaked, ...answers.flatMap(({ text }) => leaksOf(text, hides))];
  return {
    ...{ id, arrivals: mine.count, tokens: mine.tokens, leaked },
    isShared: new Set(given).size !== given.length,
    answers: answers.map(({ status, reason }) => ({ status, reason })),
  };
}

interface Answered {
  status: number;
  reason: string;
  text: string;
}

function call({ as, path, headers, body, leaves }: TwinShot): Promise<Answered> {
  const { promise, resolve } = Promise.withResolvers<Answered>();
  const length = String(Buffer.byteLength(body));
  const asked = request({
    ...{ socketPath: `${folder}/${as}`, path, method: 'POST', agent: false },
    headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
  });
  const answered: Answered = { status: 0, reason: '', text: '' };
  const end = () => {
    clearTimeout(timer);
    asked.destroy();
    resolve(answered);
  };
  const timer = setTimeout(end, probeInput.answerDeadlineMs);
  asked.on('error', end);
  asked.on('response', (answer) => {
    answered.status = answer.statusCode ?? 0;
    answered.reason = String(answer.headers['x-clincher-reason'] ?? '');
    answered.text = JSON.stringify(answer.headers);
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      answered.text += chunk;
      if (leaves) end();
    });
    answer.on('close', end);
  });
  asked.end(body);
  // Before any answer, too: the call is on its way by then.
  if (leaves && !body.includes('"stream":true')) setTimeout(end, answerAfterMs / 2);
  return promise;
}

/** What must be hidden and of which half or more stands in a text: less is of use to nobody. */
function leaksOf(text: string, hides: readonly string[]): string[] {
  return hides.filter((hidden) => {
    const half = Math.ceil(hidden.length / 2);
    for (let at = 0; at + half <= hidden.length; at += 1) {
      if (text.includes(hidden.slice(at, at + half))) return true;
    }
    return false;
  });
}

async function provide(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  answer.on('error', () => undefined);
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of asked) chunks.push(chunk as Buffer);
  } catch {
    return;
  }
  const body = Buffer.concat(chunks).toString('utf8');
  const id = Number(/clincher-try-([0-9]+)/.exec(body)?.[1] ?? -1);
  // Its own key is what it must be told; the body as it came, and as the provider reads it.
  const head = `${asked.url} ${JSON.stringify(asked.headers)}`;
  const own = probeInput.secrets.provider ?? '';
  const said = `${head.replaceAll(own, '')} ${body} ${JSON.stringify(JSON.parse(body))}`;
  const mine = arrived.get(id);
  // Of a call that nobody can be told for, everybody's secrets are looked for.
  for (const one of probeInput.tries.filter((each) => mine === undefined || each.id === id)) {
    for (const piece of leaksOf(said, one.hides)) arrived.get(one.id)?.leaked.add(piece);
  }
  if (mine === undefined) return void answer.destroy();
  mine.count += 1;
  const tokens = tokensOf(JSON.parse(body));
  await pause(answerAfterMs);
  answersGiven += 1;
  const text = `answer-${answersGiven}-end`;
  const values = { text, id: String(id), tokens: String(tokens) };
  const fill = (template: string) =>
    template.replaceAll(/\{\{([a-z]+)\}\}/g, (_, name: keyof typeof values) => values[name]);
  const bill = (share: number) => {
    mine.tokens += Math.ceil(tokens * share);
  };
  if (body.includes('"stream":true')) return streamTo(answer, fill, bill);
  bill(1);
  const [, template = '{}'] =
    Object.entries(probeInput.answers.whole).find(([end]) => asked.url?.endsWith(end)) ?? [];
  const whole = body.includes('canary:silent') ? template.replace('"usage"', '"none"') : template;
  const filled = fill(whole);
  const type = { 'content-type': 'application/json', 'content-length': filled.length };
  if (body.includes('canary:504')) return void answer.writeHead(504, type).end(filled);
  answer.writeHead(200, type);
  if (!body.includes('canary:cut')) return void answer.end(filled);
  answer.write(filled.slice(0, 20), () => answer.destroy());
}

/** The most that it may cost, as whoever answers could read it. */
function tokensOf(body: Record<string, unknown>): number {
  const named = ['max_tokens', 'max_completion_tokens', 'max_output_tokens']
    .map((name) => body[name])
    .filter((value): value is number => typeof value === 'number');
  const times = typeof body.n === 'number' ? body.n : 1;
  return (named.length === 0 ? unboundTokens : Math.max(...named)) * times;
}

/** A little at a time, billed as it goes: who leaves has made the provider work until then. */
async function streamTo(
  answer: ServerResponse,
  fill: (template: string) => string,
  bill: (share: number) => void,
): Promise<void> {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let step = 0; step < streamSteps; step += 1) {
    if (answer.destroyed) return;
    bill(1 / streamSteps);
    answer.write(fill(probeInput.answers.piece));
    await pause(answerAfterMs / streamSteps);
  }
  answer.end(fill(probeInput.answers.end));
}

function scratchFolder(): string {
  for (const at of probeInput.scratch) {
    try {
      return mkdtempSync(`${at}/clincher-twin-`);
    } catch {
      // Not to be written here.
    }
  }
  throw new Error('no folder to work in');
}
