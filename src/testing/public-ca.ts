// A public CA for a test, with all that it asks: names that lead to loopback, TXT records that are
// the fake Cloudflare's, and the declared stack that orders from it.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acmeLimits } from '../acme/connect.ts';
import type { PublicWorld } from '../cli/acme/renew-public.ts';
import type { DeclaredStack } from '../cli/stack.ts';
import { loadConfig } from '../config/load.ts';
import { systemWorld } from '../kit/world.ts';
import { standardTopology } from '../topology/standard.ts';
import { type CloudflareFake, startCloudflare } from './cloudflare-api.ts';
import { freePorts } from './free-port.ts';
import { openNameServer, record, reply, typeA } from './name-server.ts';
import { type Pebble, startPebble } from './pebble.ts';
import { tempDir } from './temp-dir.ts';

export const publicHost = 'agent.example.com';
const typeTxt = 16;

export interface PublicCaScene extends AsyncDisposable {
  readonly pebble: Pebble;
  readonly cloudflare: CloudflareFake;
  readonly declared: DeclaredStack;
  readonly stateDir: string;
  readonly port: number;
  readonly plainPort: number;
  /** How often a name was looked up: the CA does for each proof. */
  lookups(): number;
  /** `laterMs`: how far its clock is ahead. */
  world(laterMs?: number): PublicWorld;
}

export interface PublicCaChoices {
  readonly noncesRefused?: number;
  /** Whom the CA knows, and what the stack shows it. */
  readonly eab?: {
    readonly customers: Readonly<Record<string, string>>;
    readonly shown: string | null;
  };
}

export async function openPublicCa(
  challenge: 'http-01' | 'dns-01',
  { noncesRefused = 25, eab }: PublicCaChoices = {},
): Promise<PublicCaScene> {
  const dir = tempDir();
  const cloudflare = await startCloudflare();
  let lookups = 0;
  const { address, socket } = await openNameServer((type, query) => {
    lookups += 1;
    if (type === typeA) return reply(query, 0, [record(typeA, [127, 0, 0, 1])]);
    const name = nameIn(query);
    const found = cloudflare.state.zone.records.filter(
      (one) => type === typeTxt && one.type === 'TXT' && one.name === name,
    );
    return reply(
      query,
      0,
      found.map(({ content }) => {
        const text = Buffer.from(content.replaceAll('"', ''));
        return record(typeTxt, [text.length, ...text]);
      }),
    );
  });
  const [port = 0, plainPort = 0] = await freePorts(2);
  const known = { httpPort: plainPort, nameServer: address, noncesRefused };
  const pebble = await startPebble({ ...known, customers: eab?.customers });
  const config = join(dir.path, 'clincher.yaml');
  await writeFile(join(dir.path, 'token'), cloudflare.token);
  await writeFile(join(dir.path, 'ca.pem'), await readFile(pebble.caFile));
  const acme = `directory: ${pebble.directory}, ca: ca.pem, challenge: ${challenge}`;
  const shown = eab?.shown ?? null;
  if (shown !== null) await writeFile(join(dir.path, 'eab-key'), `${shown}\n`);
  const bound = shown === null ? '' : ', eab: { kid: customer-1, key: file:eab-key }';
  const token = challenge === 'dns-01' ? ', token: file:token' : '';
  await writeFile(
    config,
    `version: 1
providers:
  anthropic: { key: env:ANTHROPIC_API_KEY }
budget: { usd: 20, per: day }
ingress:
  origin: https://${publicHost}
  listen: 127.0.0.1:${port}
  plainListen: 127.0.0.1:${plainPort}
  tls: { acme: { ${acme}${token}${bound} } }
`,
  );
  const { options } = await loadConfig(config);
  const topology = standardTopology(options);
  return {
    ...{ pebble, cloudflare, port, plainPort },
    declared: { options, topology, findings: [], dir: dir.path },
    stateDir: join(dir.path, '.clincher'),
    lookups: () => lookups,
    world: (laterMs = 0) => ({
      ...systemWorld(),
      now: () => Date.now() + laterMs,
      isUp: async () => true,
      cloudflareRoot: cloudflare.root,
      serverAddresses: async () => [address],
      limits: { ...acmeLimits, pollMs: 50 },
    }),
    async [Symbol.asyncDispose]() {
      await pebble[Symbol.asyncDispose]();
      await cloudflare[Symbol.asyncDispose]();
      socket.close();
      dir[Symbol.dispose]();
    },
  };
}

/** RFC 1035, 4.1.2: labels, each after its length. */
function nameIn(query: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; (query[at] ?? 0) > 0; at += 1 + (query[at] ?? 0)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)));
  }
  return labels.join('.').toLowerCase();
}
