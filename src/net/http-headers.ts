// Header lists as they came over the wire: name, value, name, value. Objects would merge or drop
// duplicates, and which of two a server reads is what header attacks live on.

export type RawHeaders = readonly string[];

/** Name in lower case and value, in order. */
export function* headerPairs(raw: RawHeaders): Generator<readonly [string, string]> {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    yield [(raw[index] ?? '').toLowerCase(), raw[index + 1] ?? ''];
  }
}

/** Every value of a header, by its lower-case name. */
export function headerValues(raw: RawHeaders, name: string): string[] {
  return [...headerPairs(raw)].filter(([key]) => key === name).map(([, value]) => value);
}

/** The headers whose lower-case name `keep` accepts, as they were written. */
export function filterHeaders(raw: RawHeaders, keep: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (keep(name.toLowerCase())) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // Not hop-by-hop by RFC 9110, but answered by the server that reads it: the next hop must not
  // wait for it.
  'expect',
  // HTTP/1 cannot carry HTTP/2's settings further (RFC 9113).
  'http2-settings',
]);

/**
 * What may go on to the next hop: without hop-by-hop headers and those that Connection names. RFC
 * 9110, 7.6.1.
 */
export function endToEnd(raw: RawHeaders): string[] {
  const named = new Set(
    headerValues(raw, 'connection')
      .flatMap((value) => value.split(','))
      .map((token) => token.trim().toLowerCase()),
  );
  // Framing is never the sender's to remove: `Connection: content-length` would split the next
  // request off.
  named.delete('content-length');
  named.delete('host');
  return filterHeaders(raw, (name) => !hopByHop.has(name) && !named.has(name));
}
