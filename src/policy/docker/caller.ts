// One caller's rules out of the settings, and what is wrong with them: found at the start, not at
// the first call.

import { customFaults } from './custom.ts';
import type { CallerPolicy, CallerRules } from './model.ts';
import { tecnativaDefaults } from './tecnativa.ts';

export interface DockerRules extends CallerRules {
  readonly scope: string;
  readonly callers: Readonly<
    Record<string, { readonly [K in keyof CallerRules]?: CallerRules[K] | undefined }>
  >;
}

/** The common rules, with those of its own in their place. */
export function policyOf(rules: DockerRules, caller: string): CallerPolicy {
  const own = Object.hasOwn(rules.callers, caller) ? (rules.callers[caller] ?? {}) : {};
  return {
    caller,
    scope: rules.scope,
    profile: own.profile ?? rules.profile,
    template: own.template ?? rules.template,
    containers: own.containers ?? rules.containers,
    inspectable: own.inspectable ?? rules.inspectable,
    custom: own.custom ?? rules.custom,
    switches: own.switches ?? rules.switches,
    unsafeSeeAll: own.unsafeSeeAll ?? rules.unsafeSeeAll,
  };
}

/** Sentences; empty when the caller's rules can be followed. */
export function policyFaults(policy: CallerPolicy): readonly string[] {
  const { caller, profile, template, custom, switches } = policy;
  const faults: string[] = [];
  if ((profile === 'sandbox' || profile === 'exec-only') && template === undefined) {
    faults.push(`caller ${caller}: the profile ${profile} needs a template`);
  }
  const unknown = Object.keys(switches).filter((name) => !Object.hasOwn(tecnativaDefaults, name));
  faults.push(...unknown.map((name) => `caller ${caller}: there is no switch ${name}`));
  if (profile === 'custom') faults.push(...customFaults(custom, template !== undefined));
  return faults;
}
