// What a provider's error means: its class, whether the work may have been billed, when to come
// back. Sources: the error pages of Anthropic's, OpenAI's, Azure's and Google's API references.

/** What can go wrong at a provider, as far as the answer to it differs. */
export const failureClasses = [
  /** No answer in time; the work may have been done and billed. */
  'timeout',
  /** No connection, or it was lost. */
  'unreachable',
  'rate-limit',
  /** 5xx, overloaded. */
  'server-error',
  /** Our key is not good there. */
  'auth',
  /** Our account there has no money left. */
  'quota',
  'not-found',
  'context-window',
  'content-policy',
  /** Any other refusal: the request itself is at fault, so no other deployment is tried. */
  'bad-request',
] as const;

export type FailureClass = (typeof failureClasses)[number];

export interface Failure {
  readonly errorClass: FailureClass;
  /** A gateway that gave up waiting does not say that the work was not done. */
  readonly billed: boolean;
  readonly retryAfterMs: number | null;
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** With these a provider says that it did no work: the request was refused or never begun. */
const notBilled = (status: number) => status < 500 || [500, 503, 529].includes(status);

export function classify(answer: ErrorAnswer, nowMs: number): Failure {
  const { status, headers, text } = answer;
  const retryAfterMs = retryAfter(headers, nowMs);
  const failure = (errorClass: FailureClass) => ({
    errorClass,
    billed: !notBilled(status),
    retryAfterMs,
  });
  if (status === 401 || status === 403) {
    return failure(isContentPolicy(text) ? 'content-policy' : 'auth');
  }
  if (status === 402) return failure('quota');
  if (status === 404) return failure('not-found');
  if (status === 408 || status === 504 || status === 524) return failure('timeout');
  if (status === 413) return failure('context-window');
  if (status === 429) return failure(isQuota(text) ? 'quota' : 'rate-limit');
  if (status === 409 || status === 425 || status >= 500) return failure('server-error');
  if (isContextWindow(text)) return failure('context-window');
  if (isContentPolicy(text)) return failure('content-policy');
  // Anthropic says it of an account without credit, and with status 400.
  if (/credit balance is too low/i.test(text)) return failure('quota');
  return failure('bad-request');
}

const retryAfterMsMax = 24 * 3_600_000;

/** `retry-after-ms` (OpenAI, Azure), or RFC 9110 section 10.2.3: seconds or a date. */
export function retryAfter(headers: ErrorAnswer['headers'], nowMs: number): number | null {
  const value = (name: string) => {
    const found = headers[name];
    return typeof found === 'string' ? found.trim() : '';
  };
  const ms = decimal(value('retry-after-ms'));
  if (ms !== null) return Math.min(retryAfterMsMax, Math.ceil(ms));
  const text = value('retry-after');
  if (text === '') return null;
  const seconds = decimal(text);
  if (seconds !== null) return Math.min(retryAfterMsMax, Math.ceil(seconds * 1000));
  const at = text.endsWith(' GMT') ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(retryAfterMsMax, Math.max(0, at - nowMs));
}

function decimal(text: string): number | null {
  return /^[0-9]{1,12}(?:\.[0-9]{1,6})?$/.test(text) ? Number(text) : null;
}

function isQuota(text: string): boolean {
  return /insufficient_quota|billing_hard_limit|exceeded your current quota/i.test(text);
}

const contextPatterns = [
  /context_length_exceeded/i,
  /prompt is too long/i,
  /maximum context length/i,
  /context window/i,
  /exceeds the maximum number of tokens/i,
  /input (?:is|length)[^"]{0,40} too (?:long|large)/i,
  /too many (?:input )?tokens/i,
  /string_above_max_length/i,
];

function isContextWindow(text: string): boolean {
  return contextPatterns.some((pattern) => pattern.test(text));
}

const policyPatterns = [
  /content_policy_violation/i,
  /content_filter/i,
  /ResponsibleAIPolicyViolation/i,
  /safety system/i,
  /content management policy/i,
];

function isContentPolicy(text: string): boolean {
  return policyPatterns.some((pattern) => pattern.test(text));
}
