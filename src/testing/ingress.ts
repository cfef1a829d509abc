// An ingress on a free loopback port, with a certificate of its own and a client that trusts it.

import { writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type * as z from 'zod';
import { makeLocalCertificate } from '../cli/certificate.ts';
import type { Health } from '../kit/running.ts';
import { systemWorld } from '../kit/world.ts';
import { ingressRole } from '../roles/ingress/serve.ts';
import { type IngressProgram, ingressSettings } from '../roles/ingress/settings.ts';
import { freePort } from './free-port.ts';
import { ingressProgram } from './ingress-programs.ts';
import { type RecordedTelemetry, recordedTelemetry, temporaryFolder } from './wire.ts';

const certificate = makeLocalCertificate([], Date.now());

export interface TestIngress extends AsyncDisposable {
  readonly port: number;
  readonly origin: string;
  readonly folder: string;
  readonly ca: string;
  readonly telemetry: RecordedTelemetry;
  readonly tls: ConnectionOptions;
  health(): Health;
  /** Of the program that does its work; null: our own server. */
  version(): string | null;
  ask(path: string, options?: AskOptions): Promise<Answer>;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Called once the head of the answer is there. */
  readonly begun?: () => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

type Settings = z.input<typeof ingressSettings>;
type More = Partial<Omit<Settings, 'program'>> & {
  /** Absent: our own server. */
  readonly program?: IngressProgram | undefined;
  readonly clientCaFile?: string;
  /** Given in `rules.json`. */
  readonly rules?: object;
};

/**
 * Routes are given with sockets relative to the folder: `{ prefix: '/', service: 'gateway', to:
 * 'gw' }`.
 */
export async function startIngress(
  routes: Settings['routes'],
  { clientCaFile, rules, program, ...more }: More = {},
): Promise<TestIngress> {
  const folder = await temporaryFolder();
  const made = await certificate;
  await writeFile(`${folder.path}/cert.pem`, made.certPem);
  await writeFile(`${folder.path}/key.pem`, made.keyPem);
  await writeFile(`${folder.path}/token`, 'the-metrics-token\n');
  if (rules !== undefined) await writeFile(`${folder.path}/rules.json`, JSON.stringify(rules));
  const port = await freePort();
  const origin = `https://localhost:${port}`;
  const inside = (path: string) => `${folder.path}/${path}`;
  const settings = ingressSettings.parse({
    service: 'ingress',
    admin: [],
    listen: [{ address: `tcp:127.0.0.1:${port}`, caller: 'people' }],
    origin,
    tls: { certFile: inside('cert.pem'), keyFile: inside('key.pem'), clientCaFile },
    routes: routes.map((route) => ({
      ...route,
      to: `unix:${inside(route.to)}`,
      ...(route.bearerFile === undefined ? {} : { bearerFile: inside(route.bearerFile) }),
    })),
    ...(rules === undefined ? {} : { rulesFile: inside('rules.json') }),
    ...(program === undefined ? {} : { program: { name: program, file: ingressProgram(program) } }),
    ...more,
  });
  const telemetry = recordedTelemetry('ingress');
  const running = await ingressRole.serve(settings, systemWorld(), telemetry);
  const tls = { host: '127.0.0.1', port, servername: 'localhost', ca: made.caPem };
  return {
    port,
    origin,
    folder: folder.path,
    ca: made.caPem,
    telemetry,
    tls,
    health: () => running.health(),
    version: () => {
      const said = telemetry.lines().find(({ event }) => event === 'proxy-program');
      return said === undefined ? null : String(said.version);
    },
    ask: (path, options) => ask(tls, path, options),
    async [Symbol.asyncDispose]() {
      await running[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function ask(tls: ConnectionOptions, path: string, options: AskOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host: `localhost:${tls.port}`, ...options.headers };
    const request = httpsRequest({
      ...tls,
      path,
      method: options.method ?? 'GET',
      headers,
      agent: false,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      options.begun?.();
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body,
        }),
      );
    });
    request.end(options.body);
  });
}
