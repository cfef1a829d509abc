// What every request of the model proxy shares: its settings, wallet, secrets, ways to providers,
// what is known of the deployments, meter.

import { ClincherError } from '../../kit/error.ts';
import type { World } from '../../kit/world.ts';
import type { Api } from '../../policy/llm-api.ts';
import type { RouteBook } from '../../policy/llm-plan.ts';
import type { Translation } from '../../policy/llm-translation.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { Alarms } from './alarms/alarms.ts';
import { BodyReader } from './body.ts';
import type { AnswerCache } from './cache/answer-cache.ts';
import { SecretFiles } from './credentials.ts';
import { Guards } from './guards/guards.ts';
import { knownSecrets } from './guards/known-secrets.ts';
import { Keys } from './keys/keys.ts';
import { createLitellmCount, type DeploymentState, type LitellmCount } from './litellm/count.ts';
import { createMeter, type Meter } from './meter.ts';
import { scopeText } from './money/rules.ts';
import { LedgerWallet } from './money/wallet.ts';
import { makePlaces, makeWebhook, type PlaceOf } from './places.ts';
import { Affinity } from './routing/affinity.ts';
import { LiveStates } from './routing/live.ts';
import { deploymentIds, makeRouteBook, type PriceList } from './routing/route-book.ts';
import type { DeploymentSettings, ModelSettings } from './routing/settings.ts';
import type { LlmSettings } from './settings.ts';

export type { ProviderSettings } from './routing/settings.ts';

export interface House extends Disposable {
  readonly settings: LlmSettings;
  readonly world: World;
  readonly telemetry: Telemetry;
  readonly wallet: LedgerWallet;
  readonly keys: Keys;
  readonly guards: Guards;
  readonly alarms: Alarms;
  readonly secrets: SecretFiles;
  readonly bodies: BodyReader;
  readonly meter: Meter;
  /** Null: nothing is counted under LiteLLM's names. */
  readonly litellm: LitellmCount | null;
  readonly book: RouteBook;
  /** Null where there is none. What it takes is loaded with the first call that needs one. */
  readonly translation: (from: Api, to: Api) => Promise<Translation | null>;
  readonly live: LiveStates;
  readonly affinity: Affinity;
  /** Opened after the rest, which it asks; null: answers are not kept. */
  cache: AnswerCache | null;
  /** By a model's own name, not an alias. */
  readonly modelOf: (name: string) => ModelSettings;
  /** By a deployment's id. */
  readonly deploymentOf: (id: string) => DeploymentSettings;
  readonly placeOf: PlaceOf;
  /** Requests being worked on, each with the way to end it. */
  readonly open: Set<AbortController>;
}

/** @throws ClincherError `settings-invalid` when the settings contradict themselves */
export function openHouse(
  settings: LlmSettings,
  world: World,
  telemetry: Telemetry,
  prices: PriceList,
): House {
  checkNames(settings);
  const secrets = new SecretFiles(settings.secretsDir);
  const known = () => knownSecrets(settings, secrets);
  // What cannot be read is told of before anybody asks.
  known();
  const places = makePlaces(settings, secrets);
  const models = new Map(settings.models.map((model) => [model.name, model]));
  const ids = deploymentIds(settings.models);
  const deployments = new Map([...ids].map(([one, id]) => [id, one]));
  const { stateDir } = settings;
  const { ledgerBytesMax } = settings.limits;
  const keys = new Keys(settings, stateDir, secrets, world);
  const rules = (key: string) => keys.rules(key);
  const webhook = makeWebhook(settings, secrets, world, telemetry);
  const alarms = new Alarms(telemetry, world, webhook);
  const guards = new Guards(settings.guards, alarms, known);
  const { budgetShare } = settings.guards;
  const wallet = new LedgerWallet({ stateDir, ledgerBytesMax }, rules, world, telemetry.log, {
    share: budgetShare,
    raise: (kind, rule, subject) =>
      alarms.raise(kind, `${rule.id} ${subject}`, { budget: scopeText(rule), at: rule.at }),
  });
  const states = () => wallet.states(keys.declaredRules.budgets);
  const live = new LiveStates(() => world.monotonicMs());
  const open = new Set<AbortController>();
  return {
    settings,
    world,
    telemetry,
    wallet,
    keys,
    guards,
    alarms,
    secrets,
    bodies: new BodyReader(settings.limits),
    meter: createMeter(telemetry, states),
    litellm: settings.litellmMetrics
      ? createLitellmCount(telemetry, {
          now: () => world.now(),
          budgets: states,
          openRequests: () => open.size,
          deployments: () => [...ids].map(([one, id]) => stateOf(live, world, one, id)),
        })
      : null,
    book: makeRouteBook(settings, prices),
    translation,
    live,
    affinity: new Affinity(settings.routing),
    cache: null,
    modelOf: (name) => there(models, name),
    deploymentOf: (id) => there(deployments, id),
    placeOf: (id) => places.of(there(deployments, id)),
    open,
    [Symbol.dispose]() {
      webhook?.[Symbol.dispose]();
      places[Symbol.dispose]();
      wallet[Symbol.dispose]();
      keys[Symbol.dispose]();
    },
  };
}

async function translation(from: Api, to: Api): Promise<Translation | null> {
  const { findTranslation } = await import('../../policy/llm-translate/translate.ts');
  return findTranslation(from, to);
}

function stateOf(
  live: LiveStates,
  world: World,
  { provider, model }: DeploymentSettings,
  id: string,
): DeploymentState {
  const isCooling = live.read(id).coolingUntilMs > world.monotonicMs();
  return { id, provider, model, isCooling };
}

function there<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  if (value === undefined) throw new RangeError(`not in the settings: ${name}`);
  return value;
}

/** What names something that is not there would fail at some call, hours later. */
function checkNames({ providers, models, routing }: LlmSettings): void {
  const refuse = (message: string) => {
    throw new ClincherError('settings-invalid', message);
  };
  const own = new Set(models.map(({ name }) => name));
  const names = new Set<string>();
  for (const name of models.flatMap((model) => [model.name, ...model.aliases])) {
    if (names.has(name)) refuse(`two models are called ${name}`);
    names.add(name);
  }
  for (const { name, deployments, fallbacks } of models) {
    const stray = deployments.find((one) => !providers.some((each) => each.name === one.provider));
    if (stray !== undefined) {
      refuse(`the model ${name} names the provider ${stray.provider}, which is not there`);
    }
    for (const other of [...Object.values(fallbacks).flat(), ...routing.defaultFallbacks]) {
      if (!own.has(other)) refuse(`the model ${name} falls back to ${other}, which is not there`);
    }
  }
  const ids = models.flatMap((one) => one.deployments.flatMap(({ id }) => id ?? []));
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) refuse(`two deployments have the id ${twice}`);
}
