// One request over one connection, up to the head of its answer; the body then comes by itself.

import type { IncomingHttpHeaders } from 'node:http';
import { AnswerBody, GivenUp } from './answer-body.ts';
import type { AskController, AskHandler, Client } from './undici-client.ts';

export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of a large body the parts are not put together: they go out one after the other. */
  readonly body: readonly Uint8Array[];
  readonly signal: AbortSignal;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AnswerBody;
}

/** `over` is called once the connection has nothing more to do with the call. */
export function ask(
  client: Client,
  request: Request,
  over: (whole: boolean) => void,
): Promise<Head> {
  const { path, body, signal, headersTimeout, bodyTimeout } = request;
  const bytes = lengthOf(body);
  return new Promise((resolve, reject) => {
    const asking = new Asking(signal, resolve, reject, over);
    if (signal.aborted) return asking.abort();
    client.dispatch(
      {
        ...{ method: 'POST', path, headersTimeout, bodyTimeout },
        // Of parts it cannot say by itself how long they are.
        headers: { ...request.headers, 'content-length': String(bytes) },
        body: wireBody(body, bytes),
      },
      asking,
    );
  });
}

/** Below this a copy costs less than writing twice. */
const copyBytesMax = 16 * 1024;

type WireBody = NonNullable<Parameters<Client['dispatch']>[0]['body']>;

function wireBody(parts: readonly Uint8Array[], bytes: number): WireBody {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  // Its types know no lists; its code takes anything that can be iterated.
  if (bytes > copyBytesMax) return parts as unknown as WireBody;
  return Buffer.concat(parts, bytes);
}

function lengthOf(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}

class Asking implements AskHandler {
  readonly #signal: AbortSignal;
  readonly #resolve: (head: Head) => void;
  readonly #reject: (error: Error) => void;
  readonly #over: (whole: boolean) => void;
  readonly #onAbort = () => this.abort();
  #controller: AskController | null = null;
  #body: AnswerBody | null = null;
  #isOver = false;

  constructor(
    signal: AbortSignal,
    resolve: (head: Head) => void,
    reject: (error: Error) => void,
    over: (whole: boolean) => void,
  ) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#over = over;
    signal.addEventListener('abort', this.#onAbort);
  }

  abort(): void {
    const error = new GivenUp();
    this.#end(false, error);
    this.#controller?.abort(error);
  }

  onRequestStart(controller: AskController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new GivenUp());
  }

  onResponseStart(controller: AskController, status: number, headers: IncomingHttpHeaders): void {
    // What comes before the answer (103, say) is not the client's business.
    if (status < 200) return;
    this.#body = new AnswerBody({
      pause: () => controller.pause(),
      resume: () => controller.resume(),
      abort: () => this.abort(),
    });
    this.#resolve({ status, headers, body: this.#body });
  }

  onResponseData(_controller: AskController, chunk: Buffer): void {
    this.#body?.push(chunk);
  }

  onResponseEnd(): void {
    this.#end(true, null);
  }

  onResponseError(_controller: AskController, error: Error): void {
    this.#end(false, error);
  }

  #end(whole: boolean, error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#onAbort);
    // The connection is free before the reader hears of the end and asks again.
    this.#over(whole);
    if (this.#body !== null) this.#body.end(error ?? true);
    else this.#reject(error ?? new Error('an answer without a head'));
  }
}
