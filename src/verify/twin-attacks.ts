// Attacks that would cost, or that only a provider can tell the outcome of: at a second process of
// the model proxy in its own jail, whose provider is a canary. It has the running one's program and
// settings, but for money, keys and the way out; nothing of it stays.

import { randomBytes } from 'node:crypto';
import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { fillTwin } from './attacks/fill-twin.ts';
import type { TwinAttack, TwinCall, TwinTable } from './attacks/model.ts';
import { canaryAnswers } from './attacks/twin/answers.ts';
import { twinModels, twinTokensMax } from './attacks/twin/write.ts';
import { scratch } from './inside-attacks.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import type { TwinHeard, TwinInput, TwinShot, TwinTry } from './probes/twin.ts';
import { triedReasons } from './question-rows.ts';
import type { Battlefield } from './wire-attacks.ts';

/** Callers of the twin: each a door and a key, the second one's for one model alone. */
const callers = ['one', 'two'] as const;
const waits = { atOnce: 12, startDeadlineMs: 45_000, answerDeadlineMs: 10_000 } as const;
const nanoUsdPerToken = 1_000;

/** Stands for an account that is not the stack's. */
export const strangersAccount = 'acct-0123456789-of-a-stranger';

export type TwinSettings = Readonly<Record<string, unknown>>;
export type ChangeTwin = (settings: TwinSettings) => TwinSettings;

interface Aimed {
  readonly table: TwinTable;
  readonly attack: TwinAttack;
}

/** `change` is the selftest's: what it makes of the twin must be noticed. */
export async function twinRows(
  service: ServicePlan,
  tables: readonly TwinTable[],
  { inside: probes, topology }: Battlefield,
  change: ChangeTwin = (settings) => settings,
): Promise<Row[]> {
  const aimed = tables.flatMap((table) =>
    table.attacks
      .filter((attack) => isTried(service, table, attack))
      .map((attack): Aimed => ({ table, attack })),
  );
  if (aimed.length === 0) return [];
  const caller = topology.edges.find(({ to, port }) => to === service.name && port === 'api')?.from;
  const secrets = secretsOf(aimed.length);
  const result = await probes
    .twin(service.name, inputOf(service, aimed, secrets, change))
    .catch((error: Error) => ({ failed: error.message, heard: [] }));
  return aimed.map(({ table, attack }, id) => {
    const heard = result.heard.find((each) => each.id === id);
    return judge({
      ...{ from: caller ?? service.name, to: service.name, via: 'attack', declared: null },
      what: `${table.class}: ${attack.tries}`,
      deniedBy: service.name,
      ...judgeTwin(attack, heard, result.failed),
      fix: `A twin of ${service.name}, told what it is told, let this through: look at its settings.`,
      attack: {
        class: table.class,
        property: table.property,
        wanted: attack.refusal ?? 'answered by the provider, and nothing leaked',
      },
    });
  });
}

/** What the declaration itself allows is no attack. */
function isTried(service: ServicePlan, { class: name }: TwinTable, attack: TwinAttack) {
  const { guards, cache } = service.settings as {
    readonly guards?: { readonly secrets?: string };
    readonly cache?: { readonly share?: string } | null;
  };
  if (name === 'llm-secrets' && guards?.secrets === 'off') return false;
  if (attack.hides?.some((text) => text.includes('{{token')) === true)
    return marksOf(service) !== null;
  return attack.isDistinct !== true || cache?.share !== 'everyone';
}

/** The file of marks of secrets that it does not hold. */
function marksOf({ settings }: ServicePlan): string | null {
  const { guards } = settings as { readonly guards?: { readonly marks?: string | null } };
  return guards?.marks ?? null;
}

type Secrets = Readonly<Record<string, string>>;

/** Of each try its own keys: what one has spent is not gone for another. */
function secretsOf(tries: number): Secrets {
  const random = () => `vk-${randomBytes(33).toString('base64url')}`;
  const keys = Array.from({ length: tries }, (_, id) =>
    callers.map((caller): [string, string] => [`${caller}-${id}`, random()]),
  );
  return Object.fromEntries([...keys.flat(), ['provider', random()], ['token', random()]]);
}

function inputOf(
  service: ServicePlan,
  aimed: readonly Aimed[],
  secrets: Secrets,
  change: ChangeTwin,
): TwinInput {
  const { token = '', ...files } = secrets;
  const marksFile = marksOf(service);
  const marks = [{ name: 'token', mark: token.slice(16, 32), kind: 'token' }];
  return {
    ...{ settingsPath: inside.settings, scratch, ...waits },
    secrets: { ...files, ...(marksFile === null ? {} : { [marksFile]: JSON.stringify(marks) }) },
    changes: change(twinSettings(aimed.length)),
    // No vectors by somebody else's machine, and nobody else's store.
    cacheChanges: { mode: 'exact', store: { kind: 'embedded' } },
    answers: canaryAnswers,
    tries: aimed.map(({ attack }, id) => triedOf(attack, id, secrets)),
  };
}

function twinSettings(tries: number): TwinSettings {
  const way = { direct: 'tcp:127.0.0.1:{{port}}' };
  const bounds = { outputTokensMax: twinTokensMax, inputTokensMax: twinTokensMax };
  const provider = (name: string, kind: string) => ({
    ...{
      name,
      kind,
      dialect: kind,
      baseUrl: 'http://canary.invalid',
      key: 'provider',
      keyHint: 'verify',
    },
  });
  const model = (name: string, of: string) => {
    const price = { inputNanoUsd: 0, outputNanoUsd: nanoUsdPerToken };
    return {
      name,
      deployments: [{ provider: of, model: 'm', price, ...bounds }],
    };
  };
  return {
    providers: [provider('canary', 'openai'), provider('canary-messages', 'anthropic')],
    dial: { canary: way, 'canary-messages': way },
    admin: ['unix:{{folder}}/admin'],
    listen: callers.map((caller) => ({ address: `unix:{{folder}}/${caller}`, caller })),
    ...{ secretsDir: '{{folder}}/secrets', stateDir: '{{folder}}/state' },
    models: [
      model(twinModels.chat, 'canary'),
      model(twinModels.other, 'canary'),
      model(twinModels.messages, 'canary-messages'),
    ],
    keys: Array.from({ length: tries }, (_, id) => [
      { name: `one-${id}`, secret: `one-${id}`, caller: 'one' },
      {
        ...{ name: `two-${id}`, secret: `two-${id}`, caller: 'two' },
        models: [twinModels.chat, twinModels.messages],
      },
    ]).flat(),
    budgets: [{ by: 'key', limitNanoUsd: twinTokensMax * nanoUsdPerToken, window: 'total' }],
    ...{ rates: [], masterKey: null, alarms: {}, redis: null, caFiles: {}, routing: {} },
  };
}

function triedOf(attack: TwinAttack, id: number, secrets: Secrets): TwinTry {
  const values = {
    'provider-key': secrets.provider ?? '',
    'key-one': secrets[`one-${id}`] ?? '',
    ...{ token: secrets.token ?? '', response: `resp_${id}`, foreign: strangersAccount },
  };
  return {
    id,
    rounds: attack.rounds.map((round) =>
      round.flatMap((call) => shotsOf(call, id, values, secrets)),
    ),
    hides: (attack.hides ?? []).map((text) => fillTwin(text, values)),
  };
}

function shotsOf(call: TwinCall, id: number, values: Secrets, secrets: Secrets): TwinShot[] {
  const { as, key = as, path = '/v1/chat/completions', headers = {}, body, times = 1 } = call;
  return Array.from({ length: times }, (_, n) => ({
    ...{ as, path, leaves: call.leaves === true },
    headers: {
      authorization: `Bearer ${secrets[`${key}-${id}`]}`,
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, fillTwin(value, values)]),
      ),
    },
    // Whose it is; and none is another's repetition, which would be a loop.
    body: fillTwin(body, { ...values, try: `clincher-try-${id} ${n}` }),
  }));
}

/** Exported for its test: what the provider and the callers saw says whether it succeeded. */
export function judgeTwin(
  { arrives, refusal, isDistinct }: TwinAttack,
  heard: TwinHeard | undefined,
  failed: string,
): { observed: State; evidence: string } {
  if (heard === undefined) {
    return { observed: 'unknown', evidence: `there was no twin to try it at: ${failed}` };
  }
  const { arrivals, tokens, leaked, isShared, answers } = heard;
  const told = [...new Set(answers.map(({ status, reason }) => `${status} ${reason}`.trimEnd()))];
  const refused = told.find((one) => refusal !== null && one.endsWith(` ${refusal}`));
  // What is counted in the end stands before the rest.
  const outcome = refused ?? 'answered, and nothing came of it';
  const met = `${arrivals} of ${answers.length} reached the provider`;
  const evidence = `${outcome}; ${met}; told: ${told.join(', ')}`;
  const open = (what: string) => ({ observed: 'open', evidence: `${what}; ${evidence}` }) as const;
  if (leaked.length > 0) return open('what must be hidden was seen');
  if (tokens > twinTokensMax) return open(`${tokens} tokens of ${twinTokensMax} were spent`);
  if (isDistinct === true && isShared) return open("one got another's answer");
  if (arrivals > arrives.most) return open('more reached the provider than may');
  const isPlain = (reason: string) => ['', refusal, 'answer-broken'].includes(reason);
  const strange = answers.filter(({ reason }) => !isPlain(reason) && !triedReasons.has(reason));
  if (strange.length > 0 || arrivals < arrives.least) return { observed: 'unknown', evidence };
  return { observed: 'denied', evidence };
}
