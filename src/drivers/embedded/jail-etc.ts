// The few files of /etc that a jail sees: made by us, so that nothing of the host's is told.

import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  unwatchFile,
  watchFile,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inside } from '../../plan/paths.ts';

const files = {
  passwd: `clincher:x:1000:1000:clincher:${inside.state}:/bin/sh\n`,
  group: 'clincher:x:1000:\n',
  hosts: '127.0.0.1 localhost\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'nsswitch-outside.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
} as const;

const resolverFile = '/etc/resolv.conf';
const resolverPollMs = 5_000;

/** Writes them, and keeps the copy of resolv.conf current. Throws the system's error. */
export function writeJailEtc(folder: string): Disposable {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const copy = join(folder, 'resolv.conf');
  // A mounted file stays the one it was when the host's is replaced, as happens when a laptop
  // changes networks. So egress gets a copy that is rewritten in place.
  const refresh = () => {
    try {
      copyFileSync(resolverFile, copy);
    } catch {
      // No resolver on this host, or a full disk: the last copy stands.
    }
  };
  writeFileSync(copy, readIfThere(resolverFile));
  watchFile(resolverFile, { interval: resolverPollMs, persistent: false }, refresh);
  return { [Symbol.dispose]: () => unwatchFile(resolverFile, refresh) };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
