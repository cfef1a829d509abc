// How many tokens a request may have, where nobody can be asked: clients go by such a count when
// they make room in a conversation, so a guess that says what it is serves them better than an
// error.

/** English has about four bytes to a token, code and most languages fewer. */
const bytesPerToken = 3.5;
/** Of an image of the largest size that Anthropic does not shrink. */
const imageTokens = 1_600;
/** A page of a PDF comes to about so many tokens, and to about so many bytes in base64. */
const page = { tokens: 2_500, bytes: 65_000 };

/** Of a valid body of Anthropic's API: what the model reads, and not how it is to answer. */
export function estimateTokens(body: Uint8Array): number {
  const { system, messages, tools } = JSON.parse(Buffer.from(body).toString('utf8'));
  return Math.ceil(tokensIn([system, messages, tools]));
}

function tokensIn(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) / bytesPerToken;
  if (typeof value !== 'object' || value === null) return value === undefined ? 0 : 1;
  const type: unknown = Reflect.get(value, 'type');
  if (type === 'image') return imageTokens;
  const data = type === 'document' ? dataOf(Reflect.get(value, 'source')) : null;
  if (data !== null) return page.tokens * Math.ceil(data.length / page.bytes);
  // Names of fields stand for the words that frame a text there.
  return Object.values(value).reduce((sum, each) => sum + 1 + tokensIn(each), 0);
}

function dataOf(source: unknown): string | null {
  if (typeof source !== 'object' || source === null) return null;
  const data: unknown = Reflect.get(source, 'type') === 'base64' && Reflect.get(source, 'data');
  return typeof data === 'string' ? data : null;
}
