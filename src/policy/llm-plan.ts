// Whether a model call may be made and where it may go: every deployment that can take it, with the
// most it can cost there, before any money moves.

import type { Decision } from './decision.ts';
import { type Api, apiPaths, apis, isProviderOnly } from './llm-api.ts';
import { worstCase } from './llm-cost.ts';
import { type ModelPrice, priceFromConfig } from './llm-price.ts';
import type { ModelRequest } from './llm-request.ts';
import type { Candidate, RouteGroup, RoutePlan } from './llm-route.ts';

/** The settings as planning needs them, made once. */
export interface RouteBook {
  /** By every name that clients may ask for. */
  readonly models: ReadonlyMap<string, BookModel>;
  /** Whether bodies of the one can be put into the other. */
  readonly translates: (from: Api, to: Api) => boolean;
}

export interface BookModel {
  readonly name: string;
  readonly deployments: readonly BookDeployment[];
  readonly fallbacks: Readonly<Record<keyof RoutePlan['fallbacks'], readonly string[]>>;
  /** Whether cache breakpoints are put into requests that have none. */
  readonly marksCache: boolean;
}

export interface BookDeployment
  extends Pick<
    Candidate,
    'id' | 'provider' | 'model' | 'weight' | 'order' | 'rpm' | 'tpm' | 'parallelMax'
  > {
  /** What its provider speaks; the first is what others are translated into. */
  readonly apis: readonly Api[];
  readonly outputTokensMax: number;
  readonly price: (nowMs: number) => ModelPrice | null;
}

export interface Planned {
  readonly decision: Decision;
  /** For the client: what is wrong and which line of the file would change it. */
  readonly message: string;
  readonly plan: RoutePlan | null;
}

export interface PlanFacts {
  readonly nowMs: number;
  /** Whether breakpoints would pay for this body (llm-cache-marks.ts). */
  readonly marksPay: boolean;
  /** The deployment that made what this request goes on from; null when none is known. */
  readonly pinned: string | null;
}

/** Pure; the wallet is asked afterwards, because only a reservation can answer for the money. */
export function planRoutes(request: ModelRequest, book: RouteBook, facts: PlanFacts): Planned {
  const model = book.models.get(request.model);
  if (model === undefined) {
    const known = [...new Set([...book.models.values()].map(({ name }) => name))].join(', ');
    const name = request.model.slice(0, 128);
    return deny('model-unknown', null, `There is no model "${name}". Models: ${known}.`);
  }
  const rule = `models.${model.name}`;
  const faults: Fault[] = [];
  const primary = groupOf(request, model, book, facts, faults);
  if (primary.candidates.length === 0) {
    const fault = faults.find(({ reason }) => reason !== 'dialect-unsupported') ?? faults[0];
    const message = fault?.message ?? `No deployment of "${model.name}" can take this request.`;
    return deny(fault?.reason ?? 'dialect-unsupported', rule, message);
  }
  const groups = new Map<string, RouteGroup>([[model.name, primary]]);
  const named = (names: readonly string[]) =>
    names.flatMap((name) => {
      const other = book.models.get(name);
      // What an answer goes on from is not known to another model.
      if (other === undefined || other === model || request.previousResponse !== null) return [];
      const group = groups.get(other.name) ?? groupOf(request, other, book, facts, []);
      groups.set(other.name, group);
      return group.candidates.length === 0 ? [] : [group];
    });
  const { general, contextWindow, contentPolicy } = model.fallbacks;
  const plan = {
    primary,
    fallbacks: {
      general: named(general),
      contextWindow: named(contextWindow),
      contentPolicy: named(contentPolicy),
    },
  };
  return { decision: { verdict: 'allow', reason: 'allowed', rule }, message: '', plan };
}

interface Fault {
  readonly reason: 'dialect-unsupported' | 'price-unknown' | 'cost-unbounded';
  readonly message: string;
}

function groupOf(
  request: ModelRequest,
  model: BookModel,
  book: RouteBook,
  facts: PlanFacts,
  faults: Fault[],
): RouteGroup {
  const candidates: Candidate[] = [];
  for (const deployment of model.deployments) {
    const made = candidateOf(request, model, deployment, book, facts);
    if ('reason' in made) faults.push(made);
    else candidates.push(made);
  }
  return { model: model.name, candidates: kept(request, candidates, facts.pinned) };
}

/**
 * Signed thoughts mean nothing in another API, and an earlier answer is known only where it was
 * made.
 */
function kept(
  request: ModelRequest,
  candidates: readonly Candidate[],
  pinned: string | null,
): readonly Candidate[] {
  const own = candidates.filter(({ api }) => api === request.api);
  if (request.previousResponse !== null) {
    const made = own.filter(({ id }) => id === pinned);
    return made.length > 0 ? made : own;
  }
  return request.signed && own.length > 0 ? own : candidates;
}

function candidateOf(
  request: ModelRequest,
  model: BookModel,
  deployment: BookDeployment,
  book: RouteBook,
  facts: PlanFacts,
): Candidate | Fault {
  const { apis: spoken, outputTokensMax, price: priceAt, ...rest } = deployment;
  const api = spoken.includes(request.api)
    ? request.api
    : spoken.find((one) => book.translates(request.api, one));
  if (api === undefined) {
    const paths = askedAt(spoken, book).map((one) => `POST ${apiPaths[one]}`);
    const message = `The model "${model.name}" is asked at ${paths.join(' or ')}.`;
    return { reason: 'dialect-unsupported', message };
  }
  if (request.serverTools !== null && api !== request.api) {
    const [tool] = request.serverTools.types;
    const message = `No deployment of "${model.name}" knows the tool ${tool}.`;
    return { reason: 'dialect-unsupported', message };
  }
  if (request.api === 'messages' && request.outputTokens === 0 && api !== 'messages') {
    const message = `No deployment of "${model.name}" only reads a prompt (\`max_tokens: 0\`).`;
    return { reason: 'dialect-unsupported', message };
  }
  const price = priceAt(facts.nowMs) ?? (request.api === 'count-tokens' ? noPrice : null);
  if (price === null) return unpriced(model.name, deployment);
  const isMarked =
    api === 'messages' && model.marksCache && facts.marksPay && request.cacheWrite === 'none';
  const priced = isMarked ? ({ ...request, cacheWrite: '5m' } as const) : request;
  const worst =
    request.api === 'count-tokens' ? freeOfCharge : worstCase(priced, price, outputTokensMax);
  if ('unbounded' in worst) {
    const message = `The request asks for ${worst.unbounded}, whose cost cannot be bounded beforehand.`;
    return { reason: 'cost-unbounded', message };
  }
  const outputTokens = Math.min(request.outputTokens ?? outputTokensMax, outputTokensMax);
  return { ...rest, group: model.name, api, price, worst, outputTokens, isMarked };
}

/** What clients can ask it in; a count of tokens is no question. */
function askedAt(spoken: readonly Api[], { translates }: RouteBook): readonly Api[] {
  return apis
    .filter((from) => !isProviderOnly(from) && from !== 'count-tokens')
    .filter((from) => spoken.some((to) => from === to || translates(from, to)));
}

/** Providers count tokens without a charge. */
const noPrice = priceFromConfig({ inputNanoUsd: 0, outputNanoUsd: 0 });
const freeOfCharge = { inputTokens: 0, outputTokens: 0, nanoUsd: 0 };

function unpriced(name: string, { provider, model }: BookDeployment): Fault {
  return {
    reason: 'price-unknown',
    message:
      `No price is known for "${model}" at ${provider}, so its cost has no bound. ` +
      `Set one in clincher.yaml: models: { ${name}: { provider: ${provider}, ` +
      `model: ${model}, price: { input: 1, output: 2 } } } (dollars per million tokens), or ` +
      '`priceAs: openai/gpt-5.5` for a model of the list; in a LiteLLM file ' +
      'input_cost_per_token and output_cost_per_token, or model_info.base_model.',
  };
}

function deny(reason: Decision['reason'], rule: string | null, message: string): Planned {
  return { decision: { verdict: 'deny', reason, rule }, message, plan: null };
}
