// Changes single values of a JSON body by byte position and leaves every other byte as the client
// wrote it: signatures of thinking blocks and prompt caches depend on the very bytes.

export interface Edit {
  /** Bytes from `start` up to `end` are replaced; equal where something is put in. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Edits must not overlap; those at one place are applied in the order given. Without any, what
 * comes back is the body itself and no copy.
 */
export function splice(body: Uint8Array, edits: readonly Edit[]): Buffer {
  const parts = spliceParts(body, edits);
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    return Buffer.from(only.buffer, only.byteOffset, only.length);
  }
  return Buffer.concat(parts);
}

/** The same, not put together: of what stays, the very bytes. */
export function spliceParts(body: Uint8Array, edits: readonly Edit[]): readonly Uint8Array[] {
  if (edits.length === 0) return [body];
  const ordered = [...edits].sort((a, b) => a.start - b.start);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, text } of ordered) {
    if (start > at) parts.push(body.subarray(at, start));
    if (text !== '') parts.push(Buffer.from(text));
    at = end;
  }
  if (at < body.length) parts.push(body.subarray(at));
  return parts;
}
