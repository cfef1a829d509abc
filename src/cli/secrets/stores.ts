// The two stores of a state directory: what the user put there, and what clincher made.

import { join } from 'node:path';
import { type SecretStore, secretStore } from './store.ts';

export function userStore(stateDir: string): SecretStore {
  return secretStore(join(stateDir, 'secrets', 'user'));
}

export function generatedStore(stateDir: string): SecretStore {
  return secretStore(join(stateDir, 'secrets', 'generated'));
}
