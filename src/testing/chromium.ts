// A real browser for tests: Chromium, without a window, told what to do over its own protocol.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { tempDir } from './temp-dir.ts';

export interface Browser extends AsyncDisposable {
  /** Resolves once the page and all it asked for have been loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON has it. */
  value(expression: string): Promise<unknown>;
  /** PNG of what is seen. */
  picture(): Promise<Buffer>;
}

/** Longer than anything takes on a busy machine. */
const answerMs = 60_000;

/** Names lead to loopback; whoever vouches for a server is not asked. */
export async function startChromium(): Promise<Browser> {
  const dir = tempDir();
  const child = spawn(
    'chromium',
    [
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      ...['--no-first-run', '--disable-extensions', '--disable-background-networking'],
      ...['--ignore-certificate-errors', '--host-resolver-rules=MAP * 127.0.0.1'],
      ...['--remote-debugging-port=0', `--user-data-dir=${dir.path}`, '--window-size=900,700'],
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  );
  const ended = once(child, 'exit');
  const socket = new WebSocket(await addressOf(child.stderr));
  await once(socket, 'open');
  const waiting = new Map<number, (said: Said) => void>();
  let loaded = () => {};
  socket.on('message', (data) => {
    const said = JSON.parse(String(data)) as Said;
    if (said.id !== undefined) waiting.get(said.id)?.(said);
    if (said.method === 'Page.loadEventFired') loaded();
  });
  let count = 0;
  const tell = async (method: string, params: object = {}, sessionId?: string) => {
    const id = ++count;
    const answered = new Promise<Said>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    const late = delay(answerMs, null, { ref: false }).then(() => {
      throw new Error(`${method} ${JSON.stringify(params)} had no answer`);
    });
    const { result, error } = await Promise.race([answered, late]);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  };
  const { targetId } = await tell('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await tell('Target.attachToTarget', { targetId, flatten: true });
  const page = (method: string, params?: object) => tell(method, params, String(sessionId));
  await page('Page.enable');
  return {
    async open(url) {
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      await page('Page.navigate', { url });
      const late = delay(answerMs, null, { ref: false }).then(() => {
        throw new Error(`${url} was not loaded`);
      });
      await Promise.race([done, late]);
    },
    async value(expression) {
      const asked = { expression, returnByValue: true, awaitPromise: true };
      const { result } = await page('Runtime.evaluate', asked);
      return (result as { readonly value?: unknown }).value;
    },
    picture: async () => Buffer.from(String((await page('Page.captureScreenshot')).data), 'base64'),
    async [Symbol.asyncDispose]() {
      socket.terminate();
      // With all of its processes, which have a group of their own.
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
      // They are gone a moment later than the first of them.
      await delay(200);
      dir[Symbol.dispose]();
    },
  };
}

interface Said {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

async function addressOf(stderr: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const part of stderr) {
    text += String(part);
    const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`Chromium does not start: ${text}`);
}
