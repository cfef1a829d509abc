// One caller's rules out of the settings, and what is wrong with them: found at the start, not at
// the first call.

import { customFaults } from './custom.ts';
import type { CallerPolicy, CallerRules, Template } from './model.ts';
import { isAtOrBelow, isPlainPath } from './mounts.ts';
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
    own: own.own ?? rules.own,
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
  if (template !== undefined)
    faults.push(...bindFaults(template).map((each) => `caller ${caller}: ${each}`));
  const unknown = Object.keys(switches).filter((name) => !Object.hasOwn(tecnativaDefaults, name));
  faults.push(...unknown.map((name) => `caller ${caller}: there is no switch ${name}`));
  if (profile === 'custom') faults.push(...customFaults(custom, template !== undefined));
  return faults;
}

/**
 * Binds, by index, in which a link could be put between the look and the daemon's mount; nothing
 * looks afterwards, and nobody said that it is fine.
 */
export function racedBinds({ profile, template }: CallerPolicy): readonly number[] {
  const makes = profile === 'sandbox' || profile === 'custom';
  if (!makes || template === undefined || template.commandsOnly) return [];
  return template.binds.flatMap(({ below, unsafeLinks }, index) =>
    below && !unsafeLinks ? [index] : [],
  );
}

/** Folders by which whoever writes to them has the host. */
const neverBound = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var/lib/docker',
  '/var/run',
];

function bindFaults({ binds }: Template): readonly string[] {
  return binds.flatMap(({ source, hostSource = source, target }) => {
    const where = `the bind of ${hostSource} to ${target}`;
    const plain = [source, hostSource, target].every(isPlainPath);
    if (!plain) return [`${where} is not written as plain absolute paths`];
    const folder = neverBound.find((each) => isAtOrBelow(hostSource, each));
    const holds = neverBound.find((each) => isAtOrBelow(each, hostSource));
    if (folder === undefined && holds === undefined) return [];
    return [`${where} would give sandboxes what belongs to the host`];
  });
}
