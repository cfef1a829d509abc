// The beginning of a provider's answer, waited for before anything goes to the client: until then
// another deployment can still take the call.

import type { AnswerBody } from './upstream/answer-body.ts';

export type First =
  | { readonly began: true }
  /** `overloaded`: a stream whose first event is an error, before any output. */
  | { readonly fault: 'ended' | 'overloaded' | Error };

/** What came stays in the body, to be read from the start. */
export async function firstChunk(body: AnswerBody): Promise<First> {
  const first = await body.first();
  if (first === true) return { fault: 'ended' };
  if (first instanceof Error) return { fault: first };
  if (!isErrorEvent(first)) return { began: true };
  body.destroy();
  return { fault: 'overloaded' };
}

/** Anthropic and OpenAI send what went wrong as the first event of a stream with status 200. */
function isErrorEvent(chunk: Buffer): boolean {
  const text = chunk.subarray(0, 512).toString('latin1');
  return /^(?:event: ?error\b|data: ?\{"(?:type":"error"|error":))/.test(text);
}

/** An error's text is for people; a longer one is cut. */
const errorBytesMax = 64 * 1024;

export async function readErrorText(body: AnswerBody): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body) {
      parts.push(part);
      bytes += part.length;
      if (bytes > errorBytesMax) break;
    }
  } catch {
    // The status says what matters; what there is of the text goes along.
  } finally {
    body.destroy();
  }
  return Buffer.concat(parts).subarray(0, errorBytesMax).toString('utf8');
}
