// The settings of egress, checked beyond their shape: patterns that allow everything or nothing
// are refused when they are loaded, not when a request meets them.

import type * as z from 'zod';
import { allowedAddressError } from '../../policy/egress-allow.ts';
import { canonicalHost, hostPatternError } from '../../policy/host.ts';
import { type EgressSettings, egressSettings } from './settings.ts';

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
export function egressSettingsErrors(
  settings: Pick<EgressSettings, 'rules' | 'resolve' | 'unsafeAllowAddresses'>,
): SettingsError[] {
  const errors: SettingsError[] = [];
  const add = (message: string | null, ...path: (string | number)[]) => {
    if (message !== null) errors.push({ path, message });
  };
  for (const [i, rule] of settings.rules.entries()) {
    for (const [j, host] of rule.hosts.entries()) {
      add(hostPatternError(host), 'rules', i, 'hosts', j);
    }
  }
  for (const name of Object.keys(settings.resolve)) add(nameError(name), 'resolve', name);
  for (const [i, text] of settings.unsafeAllowAddresses.entries()) {
    add(allowedAddressError(text), 'unsafeAllowAddresses', i);
  }
  return errors;
}

function nameError(name: string): string | null {
  const host = canonicalHost(name);
  if (host?.kind !== 'name') return `\`${name}\` is not a host name`;
  return host.text === name ? null : `write it in lower case: \`${host.text}\``;
}
