// Makes the two key pairs of the SSH sandbox: who it is, and who may come in. Each end holds its
// own private half and the other's public one.

import ssh2 from 'ssh2';
import { Secret } from '../../kit/secret.ts';
import type { SecretName } from '../../topology/model.ts';
import { agentPorts } from '../../topology/pins.ts';
import {
  sandboxAuthorizedKey,
  sandboxClientKey,
  sandboxHostKey,
  sandboxKnownHosts,
} from '../../topology/secrets.ts';

/** Ed25519, in the form that ssh(1) reads. */
export function makeSshKeys(): ReadonlyMap<SecretName, Secret> {
  const host = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'clincher sandbox' });
  const client = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'clincher agent' });
  const place = `[127.0.0.1]:${agentPorts.sandbox}`;
  return new Map([
    [sandboxHostKey, new Secret(host.private)],
    [sandboxAuthorizedKey, new Secret(`${client.public}\n`)],
    [sandboxClientKey, new Secret(client.private)],
    [sandboxKnownHosts, new Secret(`${place} ${host.public}\n`)],
  ]);
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
