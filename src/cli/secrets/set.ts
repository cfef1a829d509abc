// Takes a secret's value from stdin: piped, or typed at a prompt that does not show it.

import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ClincherError } from '../../kit/error.ts';
import { Secret } from '../../kit/secret.ts';
import { readEnvironment } from '../env.ts';
import { output } from '../output.ts';
import { openStateDir } from '../state.ts';
import { secretBytesMax } from './store.ts';
import { userStore } from './stores.ts';

/** @throws ClincherError `usage` for a name or a value that cannot be one */
export async function setSecret(stateDir: string, name: string): Promise<void> {
  const store = userStore(stateDir);
  await store.read(name);
  const value = (process.stdin.isTTY ? await typed(name) : await piped()).trim();
  if (value === '') {
    throw new ClincherError('usage', 'the value is empty', {
      fix: `clincher secret set ${name} < FILE, or type it at the prompt.`,
    });
  }
  await openStateDir(stateDir, readEnvironment().uid);
  await store.write(name, new Secret(value));
}

async function piped(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk;
    if (text.length > secretBytesMax) {
      throw new ClincherError('usage', `a secret has at most ${secretBytesMax} bytes`);
    }
  }
  return text;
}

/** readline echoes what is typed to its output: here to nowhere. */
function typed(name: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  process.stderr.write(`value of ${name} (not shown): `);
  return new Promise((resolve) => {
    lines.once('close', () => resolve(''));
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
      output.note('');
    });
  });
}
