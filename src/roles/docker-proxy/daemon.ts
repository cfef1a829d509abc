// One call to the Docker daemon, made anew from a decision: nothing the client wrote goes along.

import { request as openRequest } from 'node:http';
import { dialOptions } from '../../net/http-forward.ts';
import { filterHeaders } from '../../net/http-headers.ts';
import type { DockerCall } from '../../policy/docker/handshake.ts';

export type DaemonAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: string[];
      readonly body: Buffer;
    }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'unreachable'; readonly code: string };

export interface DaemonLimits {
  readonly answerBytesMax: number;
  readonly answerTimeoutMs: number;
}

/** What the docker command line reads from these answers. */
const passed = new Set([
  'api-version',
  'builder-version',
  'cache-control',
  'content-type',
  'docker-experimental',
  'ostype',
  'pragma',
  'server',
  'swarm',
]);

/** Never rejects; the whole exchange is bounded in time and bytes. */
export function askDaemon(
  docker: string,
  call: DockerCall,
  limits: DaemonLimits,
): Promise<DaemonAnswer> {
  return new Promise((resolve) => {
    const request = openRequest({
      ...dialOptions(docker),
      method: call.method,
      path: call.path,
      headers: ['Host', 'docker', 'Connection', 'close'],
      agent: false,
      setHost: false,
    });
    const finish = (answer: DaemonAnswer) => {
      clearTimeout(timer);
      resolve(answer);
      request.destroy();
    };
    const timer = setTimeout(
      () => finish({ kind: 'unreachable', code: 'ETIMEDOUT' }),
      limits.answerTimeoutMs,
    );
    const broken = (error: NodeJS.ErrnoException) =>
      finish({ kind: 'unreachable', code: error.code ?? 'error' });
    request.on('error', broken);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > limits.answerBytesMax) finish({ kind: 'too-large' });
        else chunks.push(chunk);
      });
      response.on('error', broken);
      response.once('end', () =>
        finish({
          kind: 'answer',
          status: response.statusCode ?? 502,
          headers: filterHeaders(response.rawHeaders, (name) => passed.has(name)),
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.end();
  });
}
