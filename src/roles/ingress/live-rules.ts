// What may change while the ingress runs, connections and all: who may connect, how often a client
// may ask, the certificate, the tokens. Each is read again when its file changes and on SIGHUP; a
// file that is wrong leaves what was read before.

import type { TlsOptions } from 'node:tls';
import { ClincherError } from '../../kit/error.ts';
import type { FileWatch } from '../../net/file-watch.ts';
import { type Live, type LiveListener, readLive } from '../../net/live.ts';
import { readWholeFile } from '../../net/read-file.ts';
import { mutualTls, serverTls } from '../../net/tls-files.ts';
import { type FrontPolicy, frontPolicy } from '../../policy/ingress-front.ts';
import { ClientRates } from '../../policy/ingress-rate.ts';
import { metricNames } from '../../telemetry/names.ts';
import { Counter } from '../../telemetry/prom.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { type Bearer, readBearer } from './bearer.ts';
import { type IngressLive, type IngressSettings, ingressLive } from './settings.ts';

export interface RulesInForce {
  /** For a program that holds to them by itself. */
  readonly said: IngressLive;
  readonly front: FrontPolicy | null;
  readonly rates: ClientRates | null;
}

export interface IngressRoute {
  readonly prefix: string;
  readonly service: string;
  readonly to: string;
  readonly bearer: Live<Bearer> | null;
}

export interface LiveSettings {
  readonly rules: Live<RulesInForce>;
  readonly tls: Live<TlsOptions>;
  readonly routes: readonly IngressRoute[];
  /** What is wrong with the files that were read last, or null. */
  fault(): string | null;
}

/** @throws ClincherError `settings-invalid`, `secret-missing` for a file that cannot be used */
export async function openLive(
  settings: IngressSettings,
  telemetry: Telemetry,
  watch: FileWatch,
): Promise<LiveSettings> {
  const told = listenerFor(telemetry);
  const { rulesFile, tls } = settings;
  const rules = await readLive(
    () => readRules(settings),
    rulesFile === undefined ? [] : [rulesFile],
    watch,
    told('rules', rulesFile ?? ''),
  );
  const { clientCaFile: caFile, ...own } = tls;
  const identity = await readLive(
    async () =>
      caFile === undefined ? serverTls(own) : (await mutualTls({ ...own, caFile })).options,
    [tls.certFile, tls.keyFile, ...(caFile === undefined ? [] : [caFile])],
    watch,
    told('certificate', tls.certFile),
  );
  const routes: IngressRoute[] = [];
  const faults = [rules.fault, identity.fault];
  for (const { prefix, service, to, bearerFile } of settings.routes) {
    let bearer: Live<Bearer> | null = null;
    if (bearerFile !== undefined) {
      const read = () => readBearer(bearerFile);
      bearer = await readLive(read, [bearerFile], watch, told('token', bearerFile));
      faults.push(bearer.fault);
    }
    routes.push({ prefix, service, to, bearer });
  }
  const fault = () => faults.flatMap((each) => each() ?? [])[0] ?? null;
  return { rules, tls: identity, routes, fault };
}

function listenerFor(telemetry: Telemetry): (what: string, file: string) => LiveListener {
  const reloads = new Counter({
    name: metricNames.ingressReloads,
    help: 'Readings of changed rules, certificates or tokens, by outcome.',
    labelNames: ['outcome'],
    registers: [telemetry.metrics],
  });
  return (what, file) => ({
    taken() {
      reloads.inc({ outcome: 'taken' });
      telemetry.log.info(`${what}-taken`, { file });
    },
    kept(message) {
      reloads.inc({ outcome: 'kept' });
      telemetry.log.error(`${what}-kept`, { file, message });
      return `the ${what} in force is older than ${file}: ${message}`;
    },
  });
}

async function readRules(settings: IngressSettings): Promise<RulesInForce> {
  const { rulesFile, front, rate } = settings;
  if (rulesFile === undefined) return inForce(ingressLive.parse({ front, rate }));
  const text = (await readWholeFile(rulesFile)).toString('utf8');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw new ClincherError('settings-invalid', `${rulesFile} is not JSON`, { cause });
  }
  const parsed = ingressLive.safeParse(raw);
  if (parsed.success) return inForce(parsed.data);
  const [first] = parsed.error.issues;
  const where = first === undefined ? '' : ` at ${first.path.join('.')}: ${first.message}`;
  throw new ClincherError('settings-invalid', `${rulesFile} holds no rules${where}`);
}

function inForce(said: IngressLive): RulesInForce {
  const { front, rate } = said;
  return {
    said,
    front: front === undefined ? null : frontPolicy(front),
    rates:
      rate === null
        ? null
        : new ClientRates({ requests: rate.requests, perMs: rate.perSeconds * 1_000 }),
  };
}
