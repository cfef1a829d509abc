// AWS Signature Version 4, by the public description of the signing process ("Create a signed AWS
// API request", AWS IAM user guide): headers to add to one request.

import { createHash, createHmac } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

export interface SignRequest {
  readonly method: string;
  readonly url: URL;
  /** All of them are signed; `host` must be among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly service: string;
  readonly nowMs: number;
}

/** `ID:SECRET` or `ID:SECRET:SESSION-TOKEN`; null when it is not of that form. */
export function awsCredentials(secret: string): AwsCredentials | null {
  const match = /^([A-Z0-9]{16,128}):([A-Za-z0-9/+=]{40})(?::([!-~]+))?$/.exec(secret);
  if (match === null) return null;
  const [, accessKeyId = '', secretAccessKey = '', sessionToken = null] = match;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** `authorization`, `x-amz-date` and, with a session, `x-amz-security-token`. */
export function signV4(request: SignRequest): Record<string, string> {
  const { credentials, region, service, nowMs } = request;
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.[0-9]{3}/g, '');
  const own: Record<string, string> = { 'x-amz-date': date };
  if (credentials.sessionToken !== null) own['x-amz-security-token'] = credentials.sessionToken;
  const headers = Object.entries({ ...request.headers, ...own })
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/ +/g, ' ')] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const names = headers.map(([name]) => name).join(';');
  const canonical = [
    request.method,
    canonicalPath(request.url.pathname, service),
    canonicalQuery(request.url.searchParams),
    ...headers.map(([name, value]) => `${name}:${value}`),
    '',
    names,
    sha256(request.body),
  ].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [region, service, 'aws4_request'].reduce<Buffer>(
    (made, part) => hmac(made, part),
    hmac(Buffer.from(`AWS4${credentials.secretAccessKey}`), date.slice(0, 8)),
  );
  const signature = hmac(key, toSign).toString('hex');
  const credential = `Credential=${credentials.accessKeyId}/${scope}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...own, authorization };
}

/** Every service but S3 signs the path escaped once more: a `%3A` of the URL becomes `%253A`. */
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path;
  return path.split('/').map(escaped).join('/');
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .toSorted()
    .join('&');
}

/** RFC 3986: encodeURIComponent leaves five characters that AWS wants escaped. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
