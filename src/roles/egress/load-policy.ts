// The rules of egress from a file of their own: in clincher's own form or as a Smokescreen ACL.
// A file with anything wrong gives no rules at all.

import { ClincherError } from '../../kit/error.ts';
import { LocatedDocument } from '../../kit/located/document.ts';
import { ProblemsError } from '../../kit/located/problem.ts';
import { Reader } from '../../kit/located/reader.ts';
import { formatPlace } from '../../kit/place.ts';
import { readWholeFile } from '../../net/read-file.ts';
import { egressRulesErrors } from './check-settings.ts';
import { type EgressPolicyRules, type EgressSettings, egressPolicyRules } from './settings.ts';
import { readSmokescreenAcl } from './smokescreen-acl.ts';

export type PolicyFile = NonNullable<EgressSettings['policyFile']>;

/**
 * The rules of the policy file with what the settings hold for every caller, or the settings' own.
 * @throws ClincherError `settings-invalid`
 */
export async function rulesInForce(settings: EgressSettings): Promise<EgressPolicyRules> {
  if (settings.policyFile === undefined) return settings;
  const file = await loadPolicy(settings.policyFile);
  const both = <T>(a: readonly T[] = [], b: readonly T[] = []): T[] => [...a, ...b];
  return {
    rules: file.rules,
    globalAllow: both(settings.globalAllow, file.globalAllow),
    globalDeny: both(settings.globalDeny, file.globalDeny),
    resolve: { ...settings.resolve, ...file.resolve },
    denyAddresses: both(settings.denyAddresses, file.denyAddresses),
    unsafeAllowAddresses: both(settings.unsafeAllowAddresses, file.unsafeAllowAddresses),
  };
}

/** @throws ClincherError `settings-invalid`, for a file that is wrong with every problem's place */
export async function loadPolicy(told: PolicyFile): Promise<EgressPolicyRules> {
  const text = await readText(told.path);
  return told.format === 'smokescreen'
    ? readSmokescreenAcl(text, told.path, told.smokescreen)
    : readRulesFile(text, told.path);
}

/** YAML, or JSON, which is YAML too. Pure. */
export function readRulesFile(text: string, file: string): EgressPolicyRules {
  const document = new LocatedDocument(text, file, { anyText: true });
  const reader = new Reader(document);
  if (document.value === null) reader.add([], 'the file is empty; without rules: `rules: []`');
  const read = document.value === null ? undefined : reader.read([], egressPolicyRules);
  for (const { path, message } of read === undefined ? [] : egressRulesErrors(read)) {
    reader.add(path, message);
  }
  const problems = [...document.problems, ...reader.problems];
  if (read === undefined || problems.length > 0) {
    const fix = 'The keys and their meaning: docs/egress.md.';
    throw new ProblemsError('settings-invalid', file, problems, fix);
  }
  const rules = read.rules.map((rule, index) => {
    const at = rule.at === '' ? formatPlace(document.placeOf(['rules', index])) : rule.at;
    return { ...rule, at };
  });
  return { ...read, rules };
}

async function readText(path: string): Promise<string> {
  const bytes = await readWholeFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    const message = `${path} cannot be read: it is not UTF-8 text`;
    throw new ClincherError('settings-invalid', message, { cause });
  }
}
