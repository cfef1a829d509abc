// A probe: runs inside a service and asks its neighbours, over the sockets it was given, for what
// they must refuse: a host that no rule names, another's way out, a call without a key.
// Self-contained: see reach.ts.

import { request } from 'node:http';

export interface Question {
  readonly id: number;
  /** A Unix socket inside this service, or an address that it reaches. */
  readonly at: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  readonly method: string;
  /** Request target: a path, or host:port for CONNECT. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AskInput {
  readonly questions: readonly Question[];
  readonly deadlineMs: number;
}

export interface Answer {
  readonly id: number;
  /** HTTP status, or null when there was none. */
  readonly status: number | null;
  /** The x-clincher-reason header, or empty. */
  readonly reason: string;
  /** The error's code, `timeout`, or empty. */
  readonly code: string;
}

declare const probeInput: AskInput;

const answers = await Promise.all(probeInput.questions.map(ask));
process.stdout.write(JSON.stringify(answers), () => process.exit(0));

function ask(question: Question): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { id, at, method, target, headers, body } = question;
  const sent = request({ ...at, method, path: target, headers, agent: false });
  const end = (status: number | null, reason: unknown, code: string) => {
    clearTimeout(timer);
    sent.destroy();
    resolve({ id, status, reason: typeof reason === 'string' ? reason : '', code });
  };
  const timer = setTimeout(() => end(null, '', 'timeout'), probeInput.deadlineMs);
  const heard = (response: { statusCode?: number | undefined; headers: NodeJS.Dict<unknown> }) =>
    end(response.statusCode ?? null, response.headers['x-clincher-reason'], '');
  sent.on('response', heard);
  sent.on('connect', heard);
  sent.on('upgrade', heard);
  sent.on('error', (error: NodeJS.ErrnoException) => end(null, '', error.code ?? error.message));
  sent.end(body);
  return promise;
}
