// Which deployments a request may be sent to, as values: what the money side reserves for and the
// router chooses from. Choosing itself is in llm-choose.ts.

import type { Api } from './llm-api.ts';
import type { WorstCase } from './llm-cost.ts';
import type { ModelPrice } from './llm-price.ts';

/** One deployment that can take a given request. */
export interface Candidate {
  /** The deployment's id: unique in the settings. */
  readonly id: string;
  /** The model (group) of the settings that it stands under. */
  readonly group: string;
  readonly provider: string;
  /** The provider's name for the model. */
  readonly model: string;
  /** What the provider is asked in; another one than the client's means translation. */
  readonly api: Api;
  readonly price: ModelPrice;
  /** The most that one attempt there can cost. */
  readonly worst: WorstCase;
  /** What the client's bound on output is lowered to, or set to where it gave none. */
  readonly outputTokens: number;
  /** Cache breakpoints are put into its body, and the worst case counts on it. */
  readonly isMarked: boolean;
  readonly weight: number;
  readonly order: number;
  readonly rpm: number | null;
  readonly tpm: number | null;
  readonly parallelMax: number | null;
}

export interface RouteGroup {
  readonly model: string;
  readonly candidates: readonly Candidate[];
}

/** Everything a request may come to, fallbacks included. */
export interface RoutePlan {
  readonly primary: RouteGroup;
  readonly fallbacks: {
    readonly general: readonly RouteGroup[];
    readonly contextWindow: readonly RouteGroup[];
    readonly contentPolicy: readonly RouteGroup[];
  };
}

export function allCandidates({ primary, fallbacks }: RoutePlan): readonly Candidate[] {
  const { general, contextWindow, contentPolicy } = fallbacks;
  const groups = [primary, ...general, ...contextWindow, ...contentPolicy];
  return [...new Set(groups)].flatMap(({ candidates }) => candidates);
}
