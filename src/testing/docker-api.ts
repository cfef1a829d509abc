// Calls of the Docker API for tests, at a daemon or at what stands before one.

import { request } from 'node:http';

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export function callDocker(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<ApiAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const call = request({
      socketPath,
      method,
      path,
      agent: false,
      headers: {
        host: 'docker',
        connection: 'close',
        ...(text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    call.once('error', reject);
    call.once('response', (response) => {
      let read = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        read += chunk;
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read }),
      );
    });
    call.end(text);
  });
}

/** The parsed answer; throws, with what the daemon said, for anything but 2xx. */
export function dockerApi(socketPath: string) {
  return async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await callDocker(socketPath, method, path, body);
    if (answer.status < 200 || answer.status > 299) {
      throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    }
    return answer.body.startsWith('{') || answer.body.startsWith('[')
      ? JSON.parse(answer.body)
      : answer.body;
  };
}
