// The beginning of a provider's answer, waited for before anything goes to the client: until then
// another deployment can still take the call.

import type { Readable } from 'node:stream';

export type First =
  | { readonly began: true }
  /** `overloaded`: a stream whose first event is an error, before any output. */
  | { readonly fault: 'ended' | 'overloaded' | Error };

/** What came stays in the body, to be read from the start. */
export async function firstChunk(body: Readable): Promise<First> {
  for (;;) {
    const chunk: unknown = body.read();
    if (Buffer.isBuffer(chunk)) {
      if (isErrorEvent(chunk)) {
        // What a body that is given up still has to say changes nothing.
        body.on('error', () => {}).destroy();
        return { fault: 'overloaded' };
      }
      body.unshift(chunk);
      return { began: true };
    }
    const event = await next(body);
    if (event !== 'readable') return { fault: event };
    if (body.readableLength === 0) return { fault: 'ended' };
  }
}

function next(body: Readable): Promise<'readable' | 'ended' | Error> {
  return new Promise((resolve) => {
    const settle = (value: 'readable' | 'ended' | Error) => {
      body.off('readable', onReadable).off('end', onEnd).off('close', onEnd).off('error', onError);
      if (value !== 'readable') body.on('error', () => {}).destroy();
      resolve(value);
    };
    const onReadable = () => settle('readable');
    const onEnd = () => settle('ended');
    const onError = (error: Error) => settle(error);
    body.once('readable', onReadable).once('end', onEnd).once('close', onEnd);
    body.once('error', onError);
    if (body.errored !== null) settle(body.errored);
    else if (body.readableEnded || body.destroyed) settle('ended');
  });
}

/** Anthropic and OpenAI send what went wrong as the first event of a stream with status 200. */
function isErrorEvent(chunk: Buffer): boolean {
  const text = chunk.subarray(0, 512).toString('latin1');
  return /^(?:event: ?error\b|data: ?\{"(?:type":"error"|error":))/.test(text);
}

/** An error's text is for people; a longer one is cut. */
const errorBytesMax = 64 * 1024;

export async function readErrorText(body: Readable): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of body as AsyncIterable<Buffer>) {
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
