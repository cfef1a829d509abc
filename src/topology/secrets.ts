// Every secret of the stack, where its value comes from, and (in the services) who may read it.

import { defaultPlace } from '../kit/place.ts';
import type { SecretDeclaration, SecretName, SecretSource } from './model.ts';
import { monitorSecrets } from './monitor-secrets.ts';
import { acmeOf, type StackOptions } from './options.ts';

export const agentKey = 'agent-key';
/** Opens the endpoints of llm for keys and spending; no service holds it but llm. */
export const masterKey = 'master-key';
export const gatewayToken = 'gateway-token';
export const tlsCert = 'ingress-tls-cert';
export const tlsKey = 'ingress-tls-key';
/** Of the CA that signed the certificate which Cloudflare shows to ingress. */
export const pullCa = 'ingress-pull-ca';
export const metricsToken = 'metrics-token';
/** Private, of the SSH sandbox; and what the agent knows it by. */
export const sandboxHostKey = 'sandbox-host-key';
export const sandboxKnownHosts = 'sandbox-known-hosts';
/** Private, of the agent; and what the SSH sandbox knows it by. */
export const sandboxClientKey = 'sandbox-client-key';
export const sandboxAuthorizedKey = 'sandbox-authorized-key';

export function providerKey(provider: string): SecretName {
  return `provider-${provider}-key`;
}

export const redisPassword = 'redis-password';
/** Whoever has it can post alarms. */
export const alarmAddress = 'alarm-address';

/** Pieces of the secrets that llm does not hold, and must not let out. */
export const secretMarks = 'secret-marks';
/** Uploaded to Cloudflare, which shows it to ingress; no service holds either. */
export const pullCert = 'ingress-pull-cert';
export const pullKey = 'ingress-pull-key';
export const cloudflareToken = 'cloudflare-token';

/** Of a virtual key that is declared beside the agent's. */
export function virtualKey(name: string): SecretName {
  return `key-${name}`;
}

export function virtualKeys(options: StackOptions): readonly SecretDeclaration[] {
  return (options.keys ?? []).flatMap(({ name, source, at }) =>
    source === null ? [] : { name: virtualKey(name), kind: 'virtual-key' as const, source, at },
  );
}

export function secretsOf(options: StackOptions): readonly SecretDeclaration[] {
  const at = defaultPlace(options.file);
  const generated: SecretSource = { kind: 'generated' };
  const { tls } = options.ingress;
  const tlsSource = (name: 'certFile' | 'keyFile'): SecretSource =>
    typeof tls === 'object' && 'certFile' in tls ? { kind: 'file', path: tls[name] } : generated;
  const ofLlm: readonly SecretDeclaration[] = [
    ...providerKeys(options),
    ...virtualKeys(options),
    ...alarmAddresses(options),
    ...redisPasswords(options),
    { name: agentKey, kind: 'virtual-key', source: generated, at },
    { name: masterKey, kind: 'master-key', source: generated, at },
  ];
  const others: readonly SecretDeclaration[] = [
    { name: gatewayToken, kind: 'gateway-token', source: generated, at },
    { name: tlsCert, kind: 'tls-key', source: tlsSource('certFile'), at: options.ingress.at },
    { name: tlsKey, kind: 'tls-key', source: tlsSource('keyFile'), at: options.ingress.at },
    ...pullCaOf(options),
    { name: metricsToken, kind: 'metrics-token', source: generated, at },
    ...sandboxKeys(options),
    ...monitorSecrets(options),
  ];
  const of = [...others, ...ofNoService(options)].flatMap(({ name, source }) =>
    source.kind === 'marks' ? [] : [{ name, source }],
  );
  const marks: SecretDeclaration = {
    ...{ name: secretMarks, kind: 'secret-marks', source: { kind: 'marks', of }, at },
  };
  return [...ofLlm, ...others, marks];
}

/** What clincher itself uses at Cloudflare. */
function ofNoService(options: StackOptions): readonly Pick<SecretDeclaration, 'name' | 'source'>[] {
  const { cloudflare } = options.ingress;
  const challenge = acmeOf(options)?.challenge;
  const asked = challenge?.type === 'dns-01' ? challenge.token : undefined;
  const token = cloudflare?.token ?? asked;
  return [
    ...(token === undefined ? [] : [{ name: cloudflareToken, source: token }]),
    ...(cloudflare === null ? [] : [{ name: pullKey, source: { kind: 'generated' } as const }]),
  ];
}

function pullCaOf({ ingress: { cloudflare } }: StackOptions): readonly SecretDeclaration[] {
  if (cloudflare === null || 'tunnel' in cloudflare.way) return [];
  return [{ name: pullCa, kind: 'tls-key', source: { kind: 'generated' }, at: cloudflare.at }];
}

function sandboxKeys({ sandbox }: StackOptions): readonly SecretDeclaration[] {
  if (sandbox.backend !== 'ssh') return [];
  const names = [sandboxHostKey, sandboxKnownHosts, sandboxClientKey, sandboxAuthorizedKey];
  const { at } = sandbox;
  return names.map((name) => ({ name, kind: 'ssh-key', source: { kind: 'generated' }, at }));
}

export function redisPasswords({ redis, demo }: StackOptions): readonly SecretDeclaration[] {
  if (redis === undefined || redis.password === null || demo) return [];
  return [{ name: redisPassword, kind: 'redis-password', source: redis.password, at: redis.at }];
}

/** None in a demonstration: nothing of it leaves the machine. */
export function alarmAddresses({ alarms, demo }: StackOptions): readonly SecretDeclaration[] {
  if (alarms === undefined || demo) return [];
  const { source, at } = alarms;
  return [{ name: alarmAddress, kind: 'alarm-address', source, at }];
}

/** None in a demonstration: no provider is called, so no process needs to hold its key. */
export function providerKeys(options: StackOptions): readonly SecretDeclaration[] {
  if (options.demo) return [];
  return options.providers.flatMap((provider) =>
    provider.key === null
      ? []
      : {
          name: providerKey(provider.name),
          kind: 'provider-key' as const,
          source: provider.key,
          at: provider.at,
        },
  );
}
