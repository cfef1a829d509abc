// What the agent must never be able to send to a model: all that this process holds, and what it
// knows by a mark.

import { ClincherError } from '../../../kit/error.ts';
import type { KnownSecret } from '../../../policy/llm-known-secrets.ts';
import type { SecretFiles } from '../credentials.ts';
import type { LlmSettings } from '../settings.ts';
import { secretMarks } from './settings.ts';

/**
 * Without its file a stack that was brought up by other means knows no marks.
 * @throws ClincherError `settings-invalid` where the marks cannot be read: nothing goes out then
 */
export function knownSecrets(
  { providers, keys, masterKey, alarms, redis, guards }: LlmSettings,
  files: SecretFiles,
): readonly KnownSecret[] {
  const names = [
    ...providers.map(({ key }) => key),
    ...keys.map(({ secret }) => secret),
    ...[masterKey, alarms.webhook, redis?.password ?? null],
  ];
  const held = names.flatMap((name): KnownSecret[] => {
    const text = name === null ? undefined : files.get(name)?.reveal();
    return name === null || text === undefined ? [] : [{ name, text, part: 'whole' }];
  });
  return guards.marks === null ? held : [...held, ...marked(guards.marks, files)];
}

function marked(file: string, files: SecretFiles): readonly KnownSecret[] {
  try {
    const marks = secretMarks.parse(JSON.parse(files.get(file)?.reveal() ?? '[]'));
    return marks.map(({ name, mark, kind }) => ({ name, text: mark, part: kind }));
  } catch (cause) {
    throw new ClincherError('settings-invalid', `the secret ${file} holds no marks`, { cause });
  }
}
