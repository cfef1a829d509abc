// The rules of egress from a file of their own: in clincher's own form or as a Smokescreen ACL.
// A file with anything wrong gives no rules at all.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ClincherError } from '../../kit/error.ts';
import { LocatedDocument } from '../../kit/located/document.ts';
import { ProblemsError } from '../../kit/located/problem.ts';
import { Reader } from '../../kit/located/reader.ts';
import { formatPlace } from '../../kit/place.ts';
import { egressRulesErrors } from './check-settings.ts';
import { type EgressPolicyRules, type EgressSettings, egressPolicyRules } from './settings.ts';
import { readSmokescreenAcl } from './smokescreen-acl.ts';

export type PolicyFile = NonNullable<EgressSettings['policyFile']>;

const fileBytesMax = 4 * 1024 * 1024;

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
  try {
    // Without blocking: a named pipe in the file's place must not hang a reload.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { size } = await handle.stat();
    if (size > fileBytesMax) {
      throw new ClincherError('settings-invalid', `${path} is larger than ${fileBytesMax} bytes`);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (cause) {
    if (cause instanceof ClincherError) throw cause;
    const why = cause instanceof TypeError ? 'it is not UTF-8 text' : codeOf(cause);
    throw new ClincherError('settings-invalid', `${path} cannot be read: ${why}`, { cause });
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
