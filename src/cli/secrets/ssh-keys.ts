// Makes the two key pairs of the SSH sandbox: who it is, and who may come in. Each end holds its
// own private half and the other's public one.

import ssh2 from 'ssh2';
import { assert } from '../../kit/assert.ts';
import { Secret } from '../../kit/secret.ts';
import type { SecretName } from '../../topology/model.ts';
import { agentPorts } from '../../topology/pins.ts';
import {
  sandboxAuthorizedKey,
  sandboxClientKey,
  sandboxHostKey,
  sandboxKnownHosts,
} from '../../topology/secrets.ts';

type KeyPair = { readonly private: string; readonly public: string };
export type MakeKeyPair = (comment: string) => KeyPair;

/** Ed25519, in the form that ssh(1) reads. */
const makeWithLibrary: MakeKeyPair = (comment) =>
  ssh2.utils.generateKeyPairSync('ed25519', { comment });

export function makeSshKeys(make = makeWithLibrary): ReadonlyMap<SecretName, Secret> {
  const host = makeKeyPair('clincher sandbox', make);
  const client = makeKeyPair('clincher agent', make);
  const place = `[127.0.0.1]:${agentPorts.sandbox}`;
  return new Map([
    [sandboxHostKey, new Secret(host.private)],
    [sandboxAuthorizedKey, new Secret(`${client.public}\n`)],
    [sandboxClientKey, new Secret(client.private)],
    [sandboxKnownHosts, new Secret(`${place} ${host.public}\n`)],
  ]);
}

const triesMax = 64;

/** The library writes one key in three hundred so that nobody can read it: it is made again. */
export function makeKeyPair(comment: string, make = makeWithLibrary): KeyPair {
  let pair = make(comment);
  for (let tries = 1; tries < triesMax && !isPair(pair); tries += 1) pair = make(comment);
  assert(isPair(pair), 'no readable key was made');
  return pair;
}

function isPair(pair: KeyPair): boolean {
  const [own, other] = [ssh2.utils.parseKey(pair.private), ssh2.utils.parseKey(pair.public)];
  if (own instanceof Error || other instanceof Error) return false;
  const signature = own.sign(pair.public);
  return !(signature instanceof Error) && other.verify(pair.public, signature) === true;
}

/** A run cut short between the files leaves halves that do not belong together. */
export function sshKeysMatch(secrets: ReadonlyMap<SecretName, Secret>): boolean {
  const [authorized, known] = [sandboxAuthorizedKey, sandboxKnownHosts].map((name) =>
    secrets.get(name)?.reveal().trim(),
  );
  const [client, host] = [sandboxClientKey, sandboxHostKey].map((name) =>
    publicHalf(secrets.get(name)?.reveal()),
  );
  if (client === null || host === null) return false;
  const place = `[127.0.0.1]:${agentPorts.sandbox} `;
  return (
    authorized?.startsWith(`${client} `) === true && known?.startsWith(`${place}${host} `) === true
  );
}

/** `ssh-ed25519 AAAA...` of a private key; null when it is none. */
function publicHalf(text: string | undefined): string | null {
  const key = ssh2.utils.parseKey(text ?? '');
  if (key instanceof Error || !key.isPrivateKey()) return null;
  return `${key.type} ${key.getPublicSSH().toString('base64')}`;
}
