// What `clincher cloudflare` works with: the token, and what clincher.yaml wants.

import { randomBytes } from 'node:crypto';
import { apiRoot, type CloudflareApi, connectApi } from '../../cloudflare/api.ts';
import type { Wanted } from '../../cloudflare/model.ts';
import { ClincherError } from '../../kit/error.ts';
import { Secret } from '../../kit/secret.ts';
import type { CloudflareOptions } from '../../topology/ingress-options.ts';
import { cloudflareToken, pullCert, pullKey } from '../../topology/secrets.ts';
import { type StackFlags, stateDirOf } from '../flags.ts';
import { readHostSecret } from '../secrets/host-secret.ts';
import { generatedStore } from '../secrets/stores.ts';
import { type DeclaredStack, declareStack } from '../stack.ts';
import { makeSecrets } from '../up/prepare.ts';

export interface CloudflareFlags extends StackFlags {
  readonly json?: boolean;
  /** For an API gateway of one's own. */
  readonly api?: string;
}

export interface CloudflareWork {
  readonly api: CloudflareApi;
  readonly declared: DeclaredStack;
  readonly told: CloudflareOptions;
  readonly wanted: Wanted;
  readonly stateDir: string;
}

/** @throws ClincherError `cloudflare-unset`, `secret-missing` and what loading throws */
export async function openWork(flags: CloudflareFlags): Promise<CloudflareWork> {
  const stateDir = stateDirOf(flags);
  const declared = await declareStack(flags);
  const told = declared.options.ingress.cloudflare;
  if (told === null) {
    throw new ClincherError('cloudflare-unset', `${flags.config} says nothing of Cloudflare`, {
      fix: 'Add ingress.cloudflare with `addresses` or `tunnel`: docs/cloudflare.md shows how.',
    });
  }
  const root = rootOf(flags);
  const api = connectApi(await cloudflareTokenOf(told, declared.dir, stateDir), root);
  return { api, declared, told, wanted: await wantedOf(told, declared, stateDir), stateDir };
}

/** The token must not cross a network in the clear. */
function rootOf({ api }: CloudflareFlags): string {
  if (api === undefined) return apiRoot;
  const url = URL.canParse(api) ? new URL(api) : null;
  const isLocal = url?.hostname === '127.0.0.1' || url?.hostname === '[::1]';
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal)) {
    return api.replace(/\/+$/, '');
  }
  throw new ClincherError('usage', `--api ${api} is not an https address`, {
    fix: 'Give https://HOST/PATH; plain http is for this machine alone.',
  });
}

/** @throws ClincherError `secret-missing` */
export async function cloudflareTokenOf(
  told: Pick<CloudflareOptions, 'token' | 'at'>,
  baseDir: string,
  stateDir: string,
): Promise<Secret> {
  const what = 'the token for Cloudflare';
  const { token: source, at } = told;
  return readHostSecret({ name: cloudflareToken, what, source, at }, baseDir, stateDir);
}

async function wantedOf(
  told: CloudflareOptions,
  declared: DeclaredStack,
  stateDir: string,
): Promise<Wanted> {
  const { host, zone, way, rateLimit, rules } = told;
  const isTunnel = 'tunnel' in way;
  const common = { host, zone, way, rateLimit, rules };
  if (isTunnel) {
    const tunnelSecret = new Secret(randomBytes(32).toString('base64'));
    return { ...common, tunnelSecret, originPull: null };
  }
  await makeSecrets(declared, stateDir);
  const store = generatedStore(stateDir);
  const certPem = (await store.read(pullCert))?.reveal() ?? '';
  const keyPem = (await store.read(pullKey)) ?? new Secret('');
  return { ...common, tunnelSecret: null, originPull: { certPem, keyPem } };
}
