// Reads one service's GET /metrics over its admin socket, bounded in time and bytes.

import { dialOptions } from '../../net/dial-options.ts';
import { request as openRequest } from '../../net/node-http.ts';

export interface ScrapeLimits {
  readonly scrapeTimeoutMs: number;
  readonly scrapeBytesMax: number;
}

export type ScrapeResult =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'failed'; readonly why: string };

/** Never rejects: a service that is down is a fact to report, not an error of the collector. */
export function scrape(admin: string, limits: ScrapeLimits): Promise<ScrapeResult> {
  return new Promise((resolve) => {
    const request = openRequest({
      ...dialOptions(admin),
      path: '/metrics',
      headers: { connection: 'close' },
      agent: false,
    });
    const finish = (result: ScrapeResult) => {
      clearTimeout(timer);
      resolve(result);
      request.destroy();
    };
    const fail = (why: string) => finish({ kind: 'failed', why });
    const timer = setTimeout(() => fail('timeout'), limits.scrapeTimeoutMs);
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'error'));
    request.once('response', (response) => {
      if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > limits.scrapeBytesMax) fail('too large');
        else chunks.push(chunk);
      });
      response.on('error', () => fail('broken off'));
      response.once('end', () =>
        finish({ kind: 'text', text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.end();
  });
}
