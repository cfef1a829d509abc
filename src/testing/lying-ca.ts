// A CA that says whatever a test wants: the way to a certificate as RFC 8555 has it, each answer of
// which can be another. It checks nothing; what is right is tested against a CA that does.

import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { makeLocalCertificate } from '../cli/certificate.ts';

export type Step =
  | 'directory'
  | 'nonce'
  | 'account'
  | 'order'
  | 'authorization'
  | 'challenge'
  | 'finalize'
  | 'certificate';

export interface Said {
  readonly status?: number;
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LyingCa extends AsyncDisposable {
  readonly directory: string;
  readonly ca: string;
  /** In order; each once. */
  readonly steps: Step[];
}

/** In the place of what it would say at a step; null: it says nothing, ever. */
export type Lies = Partial<Record<Step, Said | null>>;

export async function startLyingCa(lies: (root: string) => Lies): Promise<LyingCa> {
  const made = await makeLocalCertificate([], Date.now());
  const steps: Step[] = [];
  let proven = false;
  const server = createServer({ cert: made.certPem, key: made.keyPem });
  const truth = (root: string): Record<Step, Said> => {
    const order = { authorizations: [`${root}/authorization`], finalize: `${root}/finalize` };
    const challenge = { type: 'http-01', url: `${root}/challenge`, token: 'a'.repeat(43) };
    return {
      directory: {
        body: {
          newNonce: `${root}/nonce`,
          newAccount: `${root}/account`,
          newOrder: `${root}/order`,
        },
      },
      nonce: {},
      account: { status: 201, headers: { location: `${root}/account` }, body: {} },
      order: {
        status: 201,
        headers: { location: `${root}/finalize` },
        body: { ...order, status: 'pending' },
      },
      authorization: {
        body: { status: proven ? 'valid' : 'pending', challenges: [challenge] },
      },
      challenge: { body: {} },
      finalize: {
        body: { ...order, status: 'valid', certificate: `${root}/certificate` },
      },
      certificate: { body: 'none' },
    };
  };
  server.on('request', (request, response) => {
    const root = `https://localhost:${(server.address() as AddressInfo).port}`;
    const step = (request.url ?? '').slice(1) as Step;
    if (steps.at(-1) !== step) steps.push(step);
    if (step === 'challenge') proven = true;
    request.resume();
    const lie = lies(root)[step];
    if (lie === null) return;
    const { status = 200, body = '', headers = {} } = lie ?? truth(root)[step];
    response.writeHead(status, { 'replay-nonce': `n${steps.length}`, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    directory: `https://localhost:${(server.address() as AddressInfo).port}/directory`,
    ca: made.caPem,
    steps,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
