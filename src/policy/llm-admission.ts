// Whether a model call may be made and what must be reserved for it: the decision, before any
// money moves.

import type { Decision } from './decision.ts';
import { type WorstCase, worstCase } from './llm-cost.ts';
import type { FlatPrice } from './llm-price.ts';
import { type ModelPrice, priceFromConfig, priceFromList } from './llm-price.ts';
import type { Dialect, ModelRequest } from './llm-request.ts';

export interface AdmissionRules {
  readonly providers: readonly {
    readonly name: string;
    readonly dialect: Dialect;
    readonly baseUrl: string;
  }[];
  readonly models: readonly {
    readonly name: string;
    readonly deployments: readonly Deployment[];
  }[];
}

export interface Deployment {
  readonly provider: string;
  readonly model: string;
  readonly price: FlatPrice | null;
  readonly outputTokensMax: number;
}

export interface Admission {
  readonly decision: Decision;
  /** For the client: what is wrong and which line of the file would change it. */
  readonly message: string;
  readonly call: AdmittedCall | null;
}

export interface AdmittedCall {
  readonly provider: string;
  readonly deployment: Deployment;
  readonly price: ModelPrice;
  readonly worst: WorstCase;
  /** What the client's bound on output is lowered to, or set to where it gave none. */
  readonly outputTokens: number;
}

/** Pure; the budget itself is asked afterwards, because only a reservation can answer for it. */
export function admit(request: ModelRequest, rules: AdmissionRules, nowMs: number): Admission {
  const name = request.model.slice(0, 128);
  const model = rules.models.find((one) => one.name === request.model);
  if (model === undefined) {
    const known = rules.models.map((one) => one.name).join(', ');
    return deny('model-unknown', null, `There is no model "${name}". Models: ${known}.`);
  }
  const rule = `models.${model.name}`;
  const spoken = model.deployments.flatMap((deployment) => {
    const provider = rules.providers.find((one) => one.name === deployment.provider);
    return provider?.dialect === request.dialect ? [{ deployment, provider }] : [];
  });
  const [chosen] = spoken;
  if (chosen === undefined) {
    const path = request.dialect === 'openai' ? '/v1/messages' : '/v1/chat/completions';
    return deny('dialect-unsupported', rule, `The model "${name}" is asked at POST ${path}.`);
  }
  const { deployment, provider } = chosen;
  const price =
    deployment.price === null
      ? priceFromList(provider.baseUrl, deployment.model, nowMs)
      : priceFromConfig(deployment.price);
  if (price === null) {
    return deny(
      'price-unknown',
      rule,
      `No price is known for "${deployment.model}" at ${provider.name}, so its cost has no bound. ` +
        `Set one in clincher.yaml: models: { ${model.name}: { provider: ${provider.name}, ` +
        `model: ${deployment.model}, price: { input: 1, output: 2 } } } (dollars per million tokens).`,
    );
  }
  const worst = worstCase(request, price, deployment.outputTokensMax);
  if ('unbounded' in worst) {
    const message = `The request asks for ${worst.unbounded}, whose cost cannot be bounded beforehand.`;
    return deny('cost-unbounded', rule, message);
  }
  const outputTokens = Math.min(
    request.outputTokens ?? deployment.outputTokensMax,
    deployment.outputTokensMax,
  );
  const call = { provider: provider.name, deployment, price, worst, outputTokens };
  return { decision: { verdict: 'allow', reason: 'allowed', rule }, message: '', call };
}

function deny(reason: Decision['reason'], rule: string | null, message: string): Admission {
  return { decision: { verdict: 'deny', reason, rule }, message, call: null };
}
