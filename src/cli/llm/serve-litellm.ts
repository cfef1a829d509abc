// `clincher llm --litellm-config FILE`: the model proxy alone, on a LiteLLM config.yaml. The file
// is read once beforehand, so that what is wrong with it is told and nothing is started.

import { lookup } from 'node:dns/promises';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { masterSecret, readLitellm, webhookSecret } from '../../config/litellm/read-litellm.ts';
import type { Instance } from '../../config/litellm/shared.ts';
import { reveal, type SecretValue, variablesOf } from '../../config/litellm/values.ts';
import { usdToNano } from '../../config/money.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { parseAddress } from '../../kit/address.ts';
import { ClincherError } from '../../kit/error.ts';
import { allowedAddressError } from '../../policy/egress-allow.ts';
import { readEnvironment } from '../env.ts';
import { serveFrom } from '../serve.ts';
import { caller, litellmSettings, plainHosts } from './litellm-settings.ts';

export interface LitellmFlags {
  readonly litellmConfig: string;
  readonly listen?: readonly string[];
  readonly admin?: readonly string[];
  readonly egress?: string;
  readonly allowAddress?: readonly string[];
  readonly budget?: string;
  readonly without?: readonly string[];
  readonly state?: string;
  readonly instance?: string;
}

/** LiteLLM's port, on this machine alone: it listens everywhere. */
const standardListen = '127.0.0.1:4000';
const windows = ['hour', 'day', 'week', 'month', 'total'];

/** Serves until a signal; resolves to the exit code. @throws ClincherError, before it starts */
export async function serveLitellm(flags: LitellmFlags): Promise<number> {
  const { cwd, variables } = readEnvironment();
  const file = flags.litellmConfig;
  const config = readLitellm(await readConfigFile(resolve(cwd, file)), file, {
    without: flags.without ?? [],
    budget: flags.budget === undefined ? null : budgetOf(flags.budget),
    caller,
    instance: flags.instance === undefined ? null : instanceOf(flags.instance),
  });
  const listen = (flags.listen ?? [standardListen]).map(addressOf);
  const admin = (flags.admin ?? []).map(addressOf);
  const given = flags.egress === undefined ? null : addressOf(flags.egress);
  const allowAddresses = (flags.allowAddress ?? []).map(allowedOf);
  const resolved = await resolveAll(plainHosts(config));
  const values = revealAll(
    config.secrets,
    (name) => config.environment.get(name) ?? variables[name],
  );
  const stateDir = resolve(cwd, flags.state ?? '.clincher-llm');
  const run = privateFolder(stateDir);
  const secretsDir = join(run, 'secrets');
  mkdirSync(secretsDir, { mode: 0o700 });
  for (const [name, value] of values) writeFileSync(join(secretsDir, name), value, { mode: 0o600 });
  const settings = litellmSettings(config, {
    listen,
    admin,
    secretsDir,
    stateDir,
    egress: given ?? `unix:${join(run, 'egress')}`,
    ownEgress: given === null,
    allowAddresses,
    alarmUrl: alarmUrl(values.get(webhookSecret)),
    file,
    resolved,
  });
  const refused = async () => new ClincherError('usage', 'the flags do not fit together');
  const beside =
    settings.egress === null ? [] : [{ role: 'egress', raw: settings.egress, refused }];
  return serveFrom(async () => ({ role: 'llm', raw: settings.llm, refused, beside }));
}

/** Secrets and the socket of egress: for this run alone, and gone with it. */
function privateFolder(stateDir: string): string {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const run = mkdtempSync(join(stateDir, 'run-'));
  process.once('exit', () => rmSync(run, { recursive: true, force: true }));
  return run;
}

const needed = {
  [masterSecret]: { what: 'the master key', fix: 'with what clients will send as their key' },
  [webhookSecret]: { what: 'where alarms are posted', fix: 'or take `alerting` out' },
} as const;

/** Alarms go over TLS, to a name. */
function alarmUrl(text: string | undefined): URL | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url?.protocol === 'https:') return url;
  throw usage('WEBHOOK_URL must be an https: address');
}

function revealAll(
  secrets: ReadonlyMap<string, SecretValue>,
  variable: (name: string) => string | undefined,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, secret] of secrets) {
    const value = reveal(secret, variable);
    if (value !== null) found.set(name, value);
    // A provider without its key is said by health; without these nobody could ask, or would hear.
    else if (name in needed) {
      const [variable = ''] = variablesOf(secret);
      const { what, fix } = needed[name as keyof typeof needed];
      throw new ClincherError('secret-missing', `${variable} is not set: it is ${what}`, {
        fix: `export ${variable}, ${fix}`,
      });
    }
  }
  return found;
}

async function resolveAll(hosts: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const resolved = new Map<string, string>();
  for (const host of hosts.filter((name) => isIP(name) === 0)) {
    try {
      resolved.set(host, (await lookup(host)).address);
    } catch (cause) {
      throw new ClincherError('usage', `the name ${host} cannot be resolved`, {
        fix: 'write its address, or start it first',
        cause,
      });
    }
  }
  return resolved;
}

/** `20/day`. */
function budgetOf(text: string): Readonly<Record<string, unknown>> {
  const [usd = '', window = 'total', ...rest] = text.split('/');
  const limitNanoUsd = usdToNano(usd);
  if (limitNanoUsd === null || !windows.includes(window) || rest.length > 0) {
    throw usage(`--budget ${text}: dollars and their window, as in 20/day (${windows.join(', ')})`);
  }
  return { by: 'all', limitNanoUsd, window, at: '--budget' };
}

/** `one/2`. */
function instanceOf(text: string): Instance {
  const [, name, count] = /^([\w.-]{1,64})\/([1-9]\d?)$/.exec(text) ?? [];
  if (name === undefined || Number(count) > 64) {
    throw usage(`--instance ${text}: its own name, and how many there are, as in one/2`);
  }
  return { name, count: Number(count) };
}

function addressOf(text: string): string {
  const address = parseAddress(text) === null ? `tcp:${text}` : text;
  if (parseAddress(address) !== null) return address;
  throw usage(`${text} is not an address: 127.0.0.1:4000, [::1]:4000 or unix:/path`);
}

function allowedOf(text: string): string {
  const error = allowedAddressError(text);
  if (error === null) return text;
  throw usage(error);
}

function usage(message: string): ClincherError {
  return new ClincherError('usage', message, { fix: 'clincher llm --help' });
}
