// Counts under LiteLLM's names what the meter counts under clincher's, so that a dashboard made for
// LiteLLM shows it. Values of labels are names from the settings; of who asks there is the name of
// the key, and no address, no hash and nothing that a client has sent.

import type { TokenUsage } from '../../../policy/llm-cost.ts';
import { eases } from '../../../policy/llm-window.ts';
import { Counter, Gauge, Histogram, type Registry } from '../../../telemetry/prom.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import type { CallLabels } from '../meter.ts';
import type { BudgetState } from '../money/budgets.ts';
import {
  type LitellmMetric,
  type LitellmName,
  litellmBuckets,
  litellmMetrics,
  litellmNone,
} from './metric-list.ts';

/** What is read when somebody asks for the metrics. */
export interface LitellmView {
  readonly now: () => number;
  readonly budgets: () => readonly BudgetState[];
  readonly openRequests: () => number;
  readonly deployments: () => readonly DeploymentState[];
}

export interface DeploymentState {
  readonly id: string;
  readonly provider: string;
  readonly model: string;
  readonly isCooling: boolean;
}

/** A request for a model, as its record tells it. */
export interface RequestEnd {
  readonly route: string;
  readonly durationMs: number;
  readonly reason: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface LitellmCount {
  spent(labels: CallLabels, nanoUsd: number): void;
  tokens(labels: CallLabels, usage: TokenUsage): void;
  failed(labels: CallLabels, status: number | null, errorClass: string): void;
  /** Time to the first byte of a stream alone. */
  answered(labels: CallLabels, durationMs: number, firstByteMs: number | null): void;
  ended(end: RequestEnd): void;
}

type Said = Readonly<Record<string, string>>;

export function createLitellmCount({ metrics }: Telemetry, view: LitellmView): LitellmCount {
  const { add, observe } = openFamilies(metrics);
  addGauges(metrics, view);
  return {
    spent(labels, nanoUsd) {
      add('litellm_spend_metric_total', saidOf(labels), nanoUsd / usd);
    },
    tokens(labels, { input, cacheRead, cacheWrite, cacheWrite1h, output }) {
      const said = saidOf(labels);
      const written = cacheWrite + cacheWrite1h;
      const prompt = input + cacheRead + written;
      add('litellm_input_tokens_metric_total', said, prompt);
      add('litellm_output_tokens_metric_total', said, output);
      add('litellm_total_tokens_metric_total', said, prompt + output);
      if (cacheRead > 0) add('litellm_input_cached_tokens_metric_total', said, cacheRead);
      if (written > 0) add('litellm_input_cache_creation_tokens_metric_total', said, written);
    },
    failed(labels, status, errorClass) {
      const said = saidOf(labels);
      add('litellm_deployment_total_requests_total', said);
      const why = exception(status, errorClass);
      add('litellm_deployment_failure_responses_total', { ...said, ...why });
    },
    answered(labels, durationMs, firstByteMs) {
      const said = saidOf(labels);
      add('litellm_deployment_total_requests_total', said);
      add('litellm_deployment_success_responses_total', said);
      add('litellm_requests_metric_total', said);
      observe('litellm_llm_api_latency_metric', said, durationMs);
      if (firstByteMs === null) return;
      observe('litellm_llm_api_time_to_first_token_metric', said, firstByteMs);
    },
    ended(end) {
      const said = saidOfRequest(end);
      const status = Number(end.fields.status ?? clientGone);
      const isFailed = status >= 400;
      add('litellm_proxy_total_requests_metric_total', { ...said, status_code: `${status}` });
      if (isFailed) {
        const failed = { ...said, ...exception(status, end.reason) };
        return add('litellm_proxy_failed_requests_metric_total', failed);
      }
      observe('litellm_request_total_latency_metric', said, end.durationMs);
      const { cache } = end.fields;
      if (cache === undefined || cache === 'left-out') return;
      const isHit = cache === 'exact' || cache === 'semantic' || cache === 'joined';
      add(isHit ? 'litellm_cache_hits_metric_total' : 'litellm_cache_misses_metric_total', said);
    },
  };
}

function openFamilies(metrics: Registry) {
  const counters = new Map<LitellmName, Counter>();
  const histograms = new Map<LitellmName, Histogram>();
  const buckets = [...litellmBuckets];
  for (const name of litellmNames) {
    const { type } = list[name];
    const about = aboutOf(metrics, name);
    if (type === 'counter') counters.set(name, new Counter(about));
    if (type === 'histogram') histograms.set(name, new Histogram({ ...about, buckets }));
  }
  return {
    add: (name: LitellmName, said: Said, value = 1) =>
      counters.get(name)?.inc(labelsOf(name, said), value),
    observe: (name: LitellmName, said: Said, ms: number) =>
      histograms.get(name)?.observe(labelsOf(name, said), ms / 1000),
  };
}

const list: Readonly<Record<LitellmName, LitellmMetric>> = litellmMetrics;
const litellmNames = Object.keys(list) as readonly LitellmName[];

function aboutOf(metrics: Registry, name: LitellmName) {
  const { unit, labels } = list[name];
  const help = `As LiteLLM has it, in ${unit}.`;
  return { name, help, labelNames: [...labels], registers: [metrics] };
}

function labelsOf(name: LitellmName, said: Said): Said {
  return Object.fromEntries(list[name].labels.map((label) => [label, said[label] ?? litellmNone]));
}

const usd = 1e9;
const hourMs = 3_600_000;
/** As others write down a client that left before it was answered. */
const clientGone = 499;

function saidOf({ key, model, provider, deployment, deploymentModel }: CallLabels): Said {
  return {
    ...{ api_key_alias: key, requested_model: model, model_group: model, model_id: deployment },
    ...{ api_provider: provider, model: deploymentModel, litellm_model_name: deploymentModel },
  };
}

/** Of a model that is not in the settings nothing is said: clients can name any. */
function saidOfRequest({ route, fields }: RequestEnd): Said {
  const { key, model, provider, deployment } = fields;
  const text = (value: unknown) => (typeof value === 'string' ? value : litellmNone);
  return {
    ...{ route, api_key_alias: text(key), requested_model: text(model ?? 'other') },
    ...{ model_group: text(model), model: text(model) },
    ...{ api_provider: text(provider), model_id: text(deployment) },
  };
}

function exception(status: number | null, why: string): Said {
  return { exception_status: String(status ?? litellmNone), exception_class: why };
}

function addGauges(
  metrics: Registry,
  { now, budgets, openRequests, deployments }: LitellmView,
): void {
  const gauge = (name: LitellmName, read: () => readonly (readonly [Said, number])[]) =>
    new Gauge({
      ...aboutOf(metrics, name),
      collect() {
        this.reset();
        for (const [said, value] of read()) this.set(labelsOf(name, said), value);
      },
    });
  const perKey = (of: (state: BudgetState) => number | null) => () =>
    scarcestOfKeys(budgets()).flatMap((state) => {
      const value = of(state);
      return value === null ? [] : [[{ api_key_alias: state.subject }, value] as const];
    });
  gauge(
    'litellm_remaining_api_key_budget_metric',
    perKey(({ leftNanoUsd }) => leftNanoUsd / usd),
  );
  gauge(
    'litellm_api_key_max_budget_metric',
    perKey(({ rule }) => rule.limitNanoUsd / usd),
  );
  gauge(
    'litellm_api_key_budget_remaining_hours_metric',
    perKey(({ rule }) => {
      const at = eases(rule.window, now());
      return at === null ? null : (at - now()) / hourMs;
    }),
  );
  gauge('litellm_in_flight_requests', () => [[{}, openRequests()]]);
  gauge('litellm_deployment_state', () =>
    deployments().map(({ id, provider, model, isCooling }) => {
      const said = { litellm_model_name: model, model_id: id, api_provider: provider };
      return [said, isCooling ? 2 : 0] as const;
    }),
  );
}

/** LiteLLM has one budget for a key; of several windows the one with the least left is shown. */
function scarcestOfKeys(states: readonly BudgetState[]): readonly BudgetState[] {
  const scarcest = new Map<string, BudgetState>();
  for (const state of states) {
    const known = scarcest.get(state.subject);
    if (state.rule.by !== 'key') continue;
    if (known === undefined || state.leftNanoUsd < known.leftNanoUsd) {
      scarcest.set(state.subject, state);
    }
  }
  return [...scarcest.values()];
}
