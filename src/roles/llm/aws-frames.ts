// Amazon's event stream: binary frames, each with headers and a payload that holds, in base64, one
// event of Anthropic's stream. Source: "Amazon event stream encoding", AWS SDK documentation.

import { crc32 } from 'node:zlib';

/** A frame: total length, headers' length, checksum of both, headers, payload, checksum. */
const preludeBytes = 12;
const frameBytesMax = 16 * 1024 * 1024;

export class AwsFrames {
  #pending: Buffer = Buffer.alloc(0);

  /**
   * The server-sent events that this chunk completes. A frame that is no frame ends the stream
   * with an error: nothing after it could be told apart.
   * @throws Error for a length or a checksum that is wrong
   */
  push(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const events: Buffer[] = [];
    while (this.#pending.length >= preludeBytes) {
      const length = this.#pending.readUInt32BE(0);
      if (length < preludeBytes + 4 || length > frameBytesMax) throw new Error('a broken frame');
      if (this.#pending.length < length) break;
      const event = eventOf(this.#pending.subarray(0, length));
      if (event !== null) events.push(event);
      this.#pending = this.#pending.subarray(length);
    }
    return events;
  }
}

function eventOf(frame: Buffer): Buffer | null {
  const end = frame.length - 4;
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw new Error('a broken frame');
  const headersLength = frame.readUInt32BE(4);
  const payload = frame.subarray(preludeBytes + headersLength, end).toString('utf8');
  const value: unknown = JSON.parse(payload === '' ? '{}' : payload);
  const bytes = field(value, 'bytes');
  // An exception frame says what went wrong, in `message`.
  if (typeof bytes !== 'string') {
    const message = field(value, 'message');
    const error = { type: 'api_error', message: typeof message === 'string' ? message : 'failed' };
    return sse('error', JSON.stringify({ type: 'error', error }));
  }
  const text = Buffer.from(bytes, 'base64').toString('utf8');
  const type = field(JSON.parse(text), 'type');
  return sse(typeof type === 'string' ? type : 'message', text);
}

function sse(event: string, data: string): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${data}\n\n`);
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
