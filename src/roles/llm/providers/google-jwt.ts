// A JWT that a Google service account signs for itself (RFC 7515, RS256): Google's APIs take it as
// a bearer token, without a call to the token server ("Service account authorization without
// OAuth", Google identity documentation).

import { createPrivateKey, sign } from 'node:crypto';
import { ClincherError } from '../../../kit/error.ts';

const audience = 'https://aiplatform.googleapis.com/';
/** Google accepts at most an hour. */
const lifeSeconds = 3_600;

/**
 * `keyFile` is the JSON of the service account's key, as text or in base64.
 * @throws ClincherError `secret-missing` when it is no such file
 */
export function serviceAccountJwt(keyFile: string, nowMs: number): string {
  const account = readKeyFile(keyFile);
  // From the start of a ten minutes' span, so that a token is the same for a while.
  const issued = Math.floor(nowMs / 600_000) * 600;
  const header = { alg: 'RS256', typ: 'JWT', kid: account.keyId };
  const claims = {
    iss: account.email,
    sub: account.email,
    aud: audience,
    iat: issued,
    exp: issued + lifeSeconds,
  };
  const body = `${part(header)}.${part(claims)}`;
  const signature = sign('RSA-SHA256', Buffer.from(body), createPrivateKey(account.privateKey));
  return `${body}.${signature.toString('base64url')}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function readKeyFile(text: string): { email: string; keyId: string; privateKey: string } {
  const json = text.startsWith('{') ? text : Buffer.from(text, 'base64').toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    value = null;
  }
  const field = (key: string) => {
    const found: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
    return typeof found === 'string' ? found : '';
  };
  const [email, keyId, privateKey] = [
    field('client_email'),
    field('private_key_id'),
    field('private_key'),
  ];
  if (email === '' || privateKey === '') {
    throw new ClincherError('secret-missing', 'the key of Vertex is no service account key file', {
      fix: 'Give it the JSON file that Google made for the service account, in base64.',
    });
  }
  return { email, keyId, privateKey };
}
