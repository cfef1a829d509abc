// A probe: runs inside a service that may have sandboxes by Docker's API. It has one made and asks
// for nothing, so that the shape is what the API gives it; runs a command there; removes it.
// Self-contained: see reach.ts.

import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

export interface SandboxInput {
  /** Where the API is: a Unix socket inside this service, or an address that it reaches. */
  readonly at: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  readonly image: string;
  /** Of the container; one that is left of a run that was cut off is removed first. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly input: string;
  readonly deadlineMs: number;
}

/** As command.ts has it. */
interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

declare const probeInput: SandboxInput;

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const { at, image, name, argv, input, deadlineMs } = probeInput;
const container = `/containers/${name}`;
const result = await runIn().catch(
  (error: Error): Ended => ({ code: null, stdout: '', stderr: error.message }),
);
await call('DELETE', `${container}?force=1`).catch(() => undefined);
process.stdout.write(JSON.stringify(result), () => process.exit(0));

async function runIn(): Promise<Ended> {
  await call('DELETE', `${container}?force=1`);
  await must('POST', `/containers/create?name=${name}`, {
    ...{ Image: image, Cmd: ['sleep', 'infinity'] },
  });
  await must('POST', `${container}/start`);
  const asked = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Cmd: argv };
  const exec = await must('POST', `${container}/exec`, asked);
  const streams = await attach(`/exec/${exec.Id}/start`);
  const ended = await must('GET', `/exec/${exec.Id}/json`);
  return { ...streams, code: ended.ExitCode as number | null };
}

async function must(method: string, path: string, body?: unknown): Promise<Answered['body']> {
  const answer = await call(method, path, body);
  if (answer.status < 300) return answer.body;
  const [what] = path.split('?');
  throw new Error(`${method} ${what}: ${answer.status} ${answer.body.message ?? ''}`);
}

function call(method: string, path: string, body?: unknown): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const asked = open(method, path, body, {});
  asked.on('error', reject);
  asked.on('response', (answer) => {
    textOf(answer).then(
      (text) => resolve({ status: answer.statusCode ?? 0, body: parsed(text) }),
      reject,
    );
  });
  return promise;
}

/** Both streams of a command, with `input` on its standard input. */
function attach(path: string): Promise<Omit<Ended, 'code'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const upgrade = { connection: 'Upgrade', upgrade: 'tcp' };
  const asked = open('POST', path, { Detach: false, Tty: false }, upgrade);
  asked.on('error', reject);
  asked.on('response', ({ statusCode }) => reject(new Error(`POST ${path}: ${statusCode}`)));
  asked.on('upgrade', (_, socket: Socket, head: Buffer) => {
    const chunks = [head];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.end(input);
  });
  return promise.then(streamsOf);
}

function open(method: string, path: string, body: unknown, headers: Record<string, string>) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const about = body === undefined ? {} : { 'content-type': 'application/json' };
  const asked = request({
    ...{ ...at, method, path, agent: false, timeout: deadlineMs },
    headers: { host: 'docker', 'content-length': text.length, ...about, ...headers },
  });
  asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)));
  asked.end(text);
  return asked;
}

/** Docker's frames: one byte which stream it is, three of nothing, four how long. */
function streamsOf(bytes: Buffer): Omit<Ended, 'code'> {
  const texts = ['', '', ''];
  for (let place = 0; place + 8 <= bytes.length; ) {
    const end = place + 8 + bytes.readUInt32BE(place + 4);
    const stream = bytes.readUInt8(place);
    texts[stream] = (texts[stream] ?? '') + bytes.toString('utf8', place + 8, end);
    place = end;
  }
  return { stdout: texts[1] ?? '', stderr: texts[2] ?? '' };
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function parsed(text: string): Answered['body'] {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) };
  }
}
