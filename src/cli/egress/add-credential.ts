// A new secret for a client of the egress proxy, and its line in the file of hashes.

import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ClincherError } from '../../kit/error.ts';
import {
  credentialLine,
  isCredentialCaller,
  readCredentials,
} from '../../roles/egress/credentials.ts';

/**
 * Appends a line for the caller, beside those it has, and resolves to the secret: 256 random bits.
 * @throws ClincherError `usage` for a name that cannot stand there; `settings-invalid` for a file
 * that holds something else
 */
export async function addCredential(file: string, caller: string): Promise<string> {
  if (!isCredentialCaller(caller)) {
    throw new ClincherError('usage', `${JSON.stringify(caller)} cannot be the name of a caller`, {
      fix: 'Letters, digits, dots, dashes and underscores, 128 at most.',
    });
  }
  const secret = randomBytes(32).toString('base64url');
  await using handle = await open(file, 'a+', 0o600);
  await readCredentials(file);
  const text = await handle.readFile('utf8');
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  await handle.appendFile(`${gap}${credentialLine(caller, secret, randomBytes(16))}\n`);
  await handle.sync();
  return secret;
}
