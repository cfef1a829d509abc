// The two keys of the door: the private one that says who we are, the public one that opens.

import { readFile } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { ClincherError } from '../../kit/error.ts';
import type { SandboxSettings } from './settings.ts';

export interface SandboxKeys {
  readonly host: Buffer;
  readonly client: ParsedKey;
}

/** @throws ClincherError `settings-invalid` naming the file that holds no such key */
export async function readKeys(settings: SandboxSettings): Promise<SandboxKeys> {
  const { hostKeyFile, clientKeyFile } = settings;
  const host = await readKey(hostKeyFile);
  if (!host.parsed.isPrivateKey()) throw notAKey(hostKeyFile, 'it is not a private key');
  return { host: host.bytes, client: (await readKey(clientKeyFile)).parsed };
}

async function readKey(file: string): Promise<{ bytes: Buffer; parsed: ParsedKey }> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw notAKey(file, error.code ?? error.message);
  });
  const parsed = ssh2.utils.parseKey(bytes);
  if (parsed instanceof Error) throw notAKey(file, 'it is not an SSH key');
  return { bytes, parsed };
}

function notAKey(file: string, why: string): ClincherError {
  return new ClincherError('settings-invalid', `${file} cannot be used: ${why}`, {
    fix: 'It must hold one OpenSSH key.',
  });
}
