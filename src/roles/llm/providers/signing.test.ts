// Signatures against the vectors that AWS publishes, and a JWT against the public key of its maker.

import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { awsCredentials, signV4 } from './aws-signature.ts';
import { serviceAccountJwt } from './google-jwt.ts';

/** Of the "AWS Signature Version 4 test suite": credentials, day, place and host of all of it. */
const suite = {
  headers: { host: 'example.amazonaws.com' },
  body: Buffer.alloc(0),
  credentials: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    sessionToken: null,
  },
  region: 'us-east-1',
  service: 'service',
  nowMs: Date.UTC(2015, 7, 30, 12, 36, 0),
};

const vectors: readonly [name: string, method: string, path: string, signature: string][] = [
  ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
];

for (const [name, method, path, signature] of vectors) {
  test(`${name} of the published suite is signed as published`, () => {
    const url = new URL(`https://example.amazonaws.com${path}`);
    const signed = signV4({ ...suite, method, url });
    assert.equal(signed['x-amz-date'], '20150830T123600Z');
    assert.equal(
      signed.authorization,
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        `SignedHeaders=host;x-amz-date, Signature=${signature}`,
    );
  });
}

test('every part of a request changes its signature', () => {
  const url = new URL('https://example.amazonaws.com/a?b=c');
  const signature = (more: object) =>
    signV4({ ...suite, method: 'POST', url, ...more }).authorization?.split('Signature=')[1];
  const all = [
    signature({}),
    signature({ body: Buffer.from('x') }),
    signature({ url: new URL('https://example.amazonaws.com/b?b=c') }),
    signature({ url: new URL('https://example.amazonaws.com/a?b=d') }),
    signature({ headers: { host: 'example.amazonaws.com', more: '1' } }),
    signature({ nowMs: suite.nowMs + 1_000 }),
    signature({ region: 'eu-west-1' }),
    signature({ credentials: { ...suite.credentials, sessionToken: 'token' } }),
  ];
  assert.equal(new Set(all).size, all.length);
});

test('a pair of keys is told from one that is no pair', () => {
  const secretAccessKey = 's'.repeat(40);
  const accessKeyId = 'AKIAIOSFODNN7EXAMPLE';
  assert.deepEqual(awsCredentials(`${accessKeyId}:${secretAccessKey}`), {
    ...{ accessKeyId, secretAccessKey, sessionToken: null },
  });
  const withSession = awsCredentials(`${accessKeyId}:${secretAccessKey}:tok:en`);
  assert.equal(withSession?.sessionToken, 'tok:en');
  assert.equal(awsCredentials('a-bedrock-api-key'), null);
});

test('a service account signs for itself, for an hour, for the one API', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const file = JSON.stringify({
    client_email: 'agent@project.example',
    private_key_id: 'kid-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  });
  const now = Date.UTC(2026, 10, 1, 12, 3, 4);
  const inBase64 = Buffer.from(file).toString('base64');
  for (const jwt of [serviceAccountJwt(file, now), serviceAccountJwt(inBase64, now)]) {
    const [header = '', claims = '', signature = ''] = jwt.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    assert.deepEqual(read(header), { alg: 'RS256', typ: 'JWT', kid: 'kid-1' });
    const { iss, sub, aud, iat, exp } = read(claims);
    assert.deepEqual([iss, sub], ['agent@project.example', 'agent@project.example']);
    assert.equal(aud, 'https://aiplatform.googleapis.com/');
    assert.equal(exp - iat, 3_600);
    assert.ok(iat * 1000 <= now && exp * 1000 > now + 40 * 60_000);
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`);
    assert.ok(verify.verify(publicKey, signature, 'base64url'));
  }
});

test('what is no key file is refused without a word of it', () => {
  for (const text of [
    'sk-secret',
    '{"client_email":"a@sk-secret"}',
    '{"private_key":"sk-secret"}',
  ]) {
    assert.throws(
      () => serviceAccountJwt(text, 0),
      (error) => error instanceof Error && !error.message.includes('sk-secret'),
    );
  }
});
