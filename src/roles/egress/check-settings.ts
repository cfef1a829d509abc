// The settings of egress, checked beyond their shape: patterns that allow everything or nothing
// are refused when they are loaded, not when a request meets them.

import type * as z from 'zod';
import { allowedAddressError, parseAllowedBlock } from '../../policy/egress-allow.ts';
import { canonicalHost, hostPatternError } from '../../policy/host.ts';
import { parseResolver } from '../../policy/resolver.ts';
import { type EgressPolicyRules, type EgressSettings, egressSettings } from './settings.ts';

export const checkedEgressSettings: z.ZodType<EgressSettings> = egressSettings.superRefine(
  (settings, context) => {
    for (const { path, message } of egressSettingsErrors(settings)) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  },
);

export interface SettingsError {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Every error at once; empty when there is none. */
export function egressSettingsErrors(settings: EgressSettings): SettingsError[] {
  const errors = egressRulesErrors(settings);
  for (const [i, text] of (settings.resolvers ?? []).entries()) {
    if (parseResolver(text) !== null) continue;
    const message = `\`${text}\` is not an address like 192.0.2.53 or [2001:db8::53]:5353`;
    errors.push({ path: ['resolvers', i], message });
  }
  if (settings.policyFile !== undefined && settings.rules.length > 0) {
    const message = 'the rules are in policyFile; leave `rules: []` here, or take policyFile out';
    errors.push({ path: ['rules'], message });
  }
  return errors;
}

/** The same for the rules alone, as a file of their own holds them. */
export function egressRulesErrors(settings: EgressPolicyRules): SettingsError[] {
  const errors: SettingsError[] = [];
  const add = (message: string | null, ...path: (string | number)[]) => {
    if (message !== null) errors.push({ path, message });
  };
  const addHosts = (hosts: readonly string[] | undefined, use: 'allow' | 'deny', at: KeyPath) => {
    for (const [i, host] of (hosts ?? []).entries()) add(hostPatternError(host, use), ...at, i);
  };
  for (const [i, rule] of settings.rules.entries()) {
    addHosts(rule.hosts, 'allow', ['rules', i, 'hosts']);
    addHosts(rule.serverNames, 'allow', ['rules', i, 'serverNames']);
    addHosts(rule.clientProxies, 'allow', ['rules', i, 'clientProxies']);
    add(openError(rule), 'rules', i, 'mode');
    if (rule.upstreamProxy?.startsWith('fd:') === true) {
      add('a proxy is dialled: `tcp:...` or `unix:...`', 'rules', i, 'upstreamProxy');
    }
  }
  addHosts(settings.globalAllow, 'allow', ['globalAllow']);
  addHosts(settings.globalDeny, 'deny', ['globalDeny']);
  for (const name of Object.keys(settings.resolve)) add(nameError(name), 'resolve', name);
  for (const [i, text] of settings.unsafeAllowAddresses.entries()) {
    add(allowedAddressError(text), 'unsafeAllowAddresses', i);
  }
  for (const [i, text] of (settings.denyAddresses ?? []).entries()) {
    const message = `\`${text}\` is not an address or a range, each with an optional :port`;
    if (parseAllowedBlock(text) === null) add(message, 'denyAddresses', i);
  }
  return errors;
}

type KeyPath = readonly (string | number)[];

function openError({ mode, unsafeOpen }: EgressPolicyRules['rules'][number]): string | null {
  if (mode === 'open' && unsafeOpen !== true) {
    return '`open` lets its caller reach every host; say so again with `unsafeOpen: true`';
  }
  return unsafeOpen === true && mode !== 'open' ? 'unsafeOpen has no use without `open`' : null;
}

function nameError(name: string): string | null {
  const host = canonicalHost(name);
  if (host?.kind !== 'name') return `\`${name}\` is not a host name`;
  return host.text === name ? null : `write it in lower case: \`${host.text}\``;
}
