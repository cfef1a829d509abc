// The key of an account at a CA, and what is signed with it: JSON Web Signatures as RFC 8555 asks
// for them, ES256 alone.

import { createHash, createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { Secret } from '../kit/secret.ts';

export interface AccountKey {
  readonly jwk: Readonly<Record<'crv' | 'kty' | 'x' | 'y', string>>;
  /** RFC 7638: by which a challenge is known to be answered for this account. */
  readonly thumbprint: string;
  /** Flattened JSON (RFC 7515, 7.2.2). `payload` null: a POST that only reads (RFC 8555, 6.3). */
  sign(head: Readonly<Record<string, unknown>>, payload: unknown): string;
}

/** What a CA gave a customer of its own, to bind an account to. */
export interface AccountBinding {
  readonly kid: string;
  /** base64url. */
  readonly key: Secret;
}

/** PKCS #8 in PEM. */
export function makeAccountKey(): Secret {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
}

export function openAccountKey(pem: Secret): AccountKey {
  const key = createPrivateKey(pem.reveal());
  const { crv = '', kty = '', x = '', y = '' } = key.export({ format: 'jwk' });
  // In this order, which is that of the alphabet: the thumbprint is of this very text.
  const jwk = { crv, kty, x, y };
  return {
    jwk,
    thumbprint: digestOf(JSON.stringify(jwk)),
    sign(head, payload) {
      const protectedHead = base64url(JSON.stringify({ alg: 'ES256', ...head }));
      const body = payload === null ? '' : base64url(JSON.stringify(payload));
      const signed = Buffer.from(`${protectedHead}.${body}`);
      const signature = sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });
      return JSON.stringify({
        protected: protectedHead,
        payload: body,
        signature: signature.toString('base64url'),
      });
    },
  };
}

/** RFC 8555, 7.3.4: the account's own key, signed with the one that the CA gave its customer. */
export function bindAccount(
  { jwk }: AccountKey,
  { kid, key: mac }: AccountBinding,
  url: string,
): Readonly<Record<string, string>> {
  const head = base64url(JSON.stringify({ alg: 'HS256', kid, url }));
  const payload = base64url(JSON.stringify(jwk));
  const key = Buffer.from(mac.reveal().trim(), 'base64url');
  const signature = createHmac('sha256', key).update(`${head}.${payload}`).digest('base64url');
  return { protected: head, payload, signature };
}

/** SHA-256 in base64url: of a JWK its thumbprint, of an answer what stands in DNS for it. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
