// An openclaw.json that somebody has, as a clincher.yaml: what can be taken is taken, what cannot
// is told by name, and no secret is carried over.

import JSON5 from 'json5';
import { stringify } from 'yaml';
import { ClincherError } from '../kit/error.ts';
import { isMap, type JsonMap, valueAt } from '../kit/json-map.ts';
import { looksLikeSecret } from '../kit/located/secret-literal.ts';
import { printable } from '../kit/printable.ts';
import { channelAccounts } from '../policy/agent-channels.ts';
import { hasRulesBelow, rulingOf } from '../policy/agent-settings.ts';
import { settingName } from './agent-settings.ts';
import { knownProviders } from './known-providers.ts';

export interface FromOpenclaw {
  /** A whole clincher.yaml. */
  readonly text: string;
  readonly leftOut: readonly { readonly path: string; readonly why: string }[];
  /** Names to be put into the store, and where their values stand in the file that was read. */
  readonly secrets: readonly { readonly name: string; readonly path: string }[];
}

interface Taking {
  readonly leftOut: { path: string; why: string }[];
  readonly secrets: { name: string; path: string }[];
  readonly model: string | null;
}

/** Of clincher.yaml itself, less `agent.settings`. */
const depthMax = 13;

/**
 * Pure.
 * @throws ClincherError `config-unreadable` where the text is no map in JSON5
 */
export function fromOpenclaw(text: string, file: string): FromOpenclaw {
  const settings = parsed(text, file);
  const model = modelOf(settings);
  const taking: Taking = { leftOut: [], secrets: [], model };
  const taken = takenOf(settings, [], taking);
  const hosts = hostsOf(taken);
  const rules = hosts.map(([host, port]) => ({
    ...{ caller: 'gateway', hosts: [host] },
    ...(port === 443 ? {} : { ports: [port] }),
  }));
  const provider = model?.slice(0, model.indexOf('/')) ?? 'anthropic';
  const key = `env:${provider.toUpperCase()}_API_KEY`;
  const config = {
    version: 1,
    providers: { [provider]: { key } },
    ...(model === null ? {} : { models: { default: model } }),
    budget: { usd: 20, per: 'day' },
    ...(rules.length === 0 ? {} : { egress: { rules } }),
    ...(Object.keys(taken).length === 0 ? {} : { agent: { settings: taken } }),
  };
  return { text: stringify(config), leftOut: taking.leftOut, secrets: taking.secrets };
}

function parsed(text: string, file: string): JsonMap {
  const fix = 'Name the openclaw.json of an OpenClaw that runs: ~/.openclaw/openclaw.json.';
  try {
    const value: unknown = JSON5.parse(text);
    if (isMap(value)) return value;
  } catch (cause) {
    const where = (cause as Error).message.replace(/^JSON5: /, '').replaceAll(/[^ -~]/g, '?');
    throw new ClincherError('config-unreadable', `${file} is not JSON5: ${where}`, { fix, cause });
  }
  throw new ClincherError('config-unreadable', `${file} is not a map of settings`, { fix });
}

/** `anthropic/claude-sonnet-5` where clincher knows the provider. */
function modelOf(settings: JsonMap): string | null {
  const said = valueAt(settings, ['agents', 'defaults', 'model']);
  const model = isMap(said) ? valueAt(said, ['primary']) : said;
  if (typeof model !== 'string' || !/^[a-z]+\/[!-~]{1,100}$/.test(model)) return null;
  return Object.hasOwn(knownProviders, model.slice(0, model.indexOf('/'))) ? model : null;
}

function takenOf(value: JsonMap, path: readonly string[], taking: Taking): JsonMap {
  const entries = Object.entries(value).flatMap(([key, one]): [string, unknown][] => {
    const below = [...path, key];
    const isLooked = isMap(one) && hasRulesBelow(below) && below.length < depthMax;
    const taken = isLooked ? takenOf(one, below, taking) : leafOf(one, below, taking);
    const isEmpty = taken === undefined || (isLooked && Object.keys(taken as JsonMap).length === 0);
    return isEmpty ? [] : [[key, taken]];
  });
  return Object.fromEntries(entries);
}

/** Undefined: left out. */
function leafOf(value: unknown, path: readonly string[], taking: Taking): unknown {
  const at = path.map(printable).join('.');
  const leave = (why: string) => {
    taking.leftOut.push({ path: at, why });
    return undefined;
  };
  const ruling = rulingOf(path);
  if (typeof ruling === 'object') return leave(ruling.refused);
  if (ruling === 'secret') return referenceOf(value, path, taking);
  if (ruling === 'model') {
    return value === taking.model ? 'default' : leave('names a model: declare it in `models`');
  }
  const why = unfit(value, path.length);
  return why === null ? value : leave(why);
}

function referenceOf(value: unknown, path: readonly string[], taking: Taking): string {
  const variable =
    typeof value === 'string'
      ? /^\$\{([A-Z_][A-Z0-9_]{0,127})\}$/.exec(value)?.[1]
      : isMap(value) && value.source === 'env' && /^[A-Z][A-Z0-9_]{0,127}$/.test(String(value.id))
        ? String(value.id)
        : undefined;
  if (variable !== undefined) return `env:${variable}`;
  const taken = taking.secrets.map(({ name }) => name);
  const name = settingName(path, taken);
  taking.secrets.push({ name, path: path.map(printable).join('.') });
  return `store:${name}`;
}

/** Why a value cannot stand in clincher.yaml, null where it can. */
function unfit(value: unknown, depth: number): string | null {
  if (depth > depthMax) return 'is nested too deep';
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'is not a finite number';
  if (typeof value === 'string') {
    if (value.includes('${')) return 'has a variable in it: write the value';
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value)) return 'has a control character in it';
    return looksLikeSecret(value) ? 'looks like a secret' : null;
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, below] of Object.entries(value)) {
    if (key.startsWith('$')) return 'would read another file';
    const why = unfit(key, depth) ?? unfit(below, depth + 1);
    if (why !== null) return why;
  }
  return null;
}

/** Of the channels that are taken. */
function hostsOf(taken: JsonMap): readonly (readonly [string, number])[] {
  const all = channelAccounts(taken).map(({ host, port }) => [host, port] as const);
  return [...new Map(all.map((at) => [at.join(':'), at])).values()];
}
