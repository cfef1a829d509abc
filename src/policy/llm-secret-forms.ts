// The forms a known secret can have inside a request: as it is, and in every encoding that tools
// and shells put things into. A form holds only what is the same wherever the secret stands.

/** Shorter ones would be found in texts that do not mean them. */
export const secretBytesMin = 16;

/** Each form once. Empty for a value that is too short to be told from chance. */
export function secretForms(value: string): readonly Buffer[] {
  const bytes = Buffer.from(value);
  if (bytes.length < secretBytesMin) return [];
  const hex = bytes.toString('hex');
  const json = JSON.stringify(value).slice(1, -1);
  const percent = hex.replace(/../g, '%$&');
  const units = [...value].map((one) => one.charCodeAt(0).toString(16).padStart(4, '0'));
  const texts = [
    value,
    ...[hex, hex.toUpperCase(), spaced(hex, ' '), spaced(hex, ':')],
    ...[encodeURIComponent(value), percent, percent.toUpperCase()],
    // In JSON, in JSON within JSON (a tool's output is often that), and as escapes alone.
    ...[json, json.replaceAll('/', '\\/'), JSON.stringify(json).slice(1, -1)],
    units.map((unit) => `\\u${unit}`).join(''),
    units.map((unit) => `\\u${unit.toUpperCase()}`).join(''),
    ...base64Of(bytes).flatMap((sure) => [
      ...[sure, forUrls(sure), sure.replaceAll('/', '\\/'), encodeURIComponent(sure)],
    ]),
    ...secretPieces(value),
  ];
  return [...new Set(texts)].map((text) => Buffer.from(text));
}

/** Of the forms those that are a part of it: the rest stands around them, in lines. */
export function secretPieces(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  if (bytes.length < secretBytesMin) return [];
  const hex = bytes.toString('hex');
  return [
    ...base64Of(bytes).flatMap((sure) =>
      [sure, forUrls(sure)].flatMap((one) => brokenUp(one, base64Line)),
    ),
    // What it begins with, `sk-ant-api03-`, other keys of its maker begin with too.
    ...[hex, hex.toUpperCase()].flatMap((one) => brokenUp(one, hexLine).slice(1)),
  ];
}

/**
 * What base64 makes of the bytes when none, one or two others stand before them in their group of
 * three: the characters that depend on these bytes alone (RFC 4648, 4).
 */
function base64Of(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    return whole.slice(Math.ceil((offset * 8) / 6), end);
  });
}

/** RFC 4648, 5. */
function forUrls(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

/** What `openssl base64` and `xxd -p` put on a line; `base64` puts more. */
const base64Line = 64;
const hexLine = 60;
/** A shorter piece would be found in texts that do not mean it. */
const pieceMin = 22;

/**
 * Half a line at most each, so that wherever the lines break at least one piece is whole. Empty
 * for what is too short to be told by a half.
 */
function brokenUp(text: string, line: number): readonly string[] {
  const count = Math.max(2, Math.ceil((2 * text.length) / line));
  const bytes = Math.ceil(text.length / count);
  if (bytes < pieceMin) return [];
  const pieces = Array.from({ length: count }, (_, at) => text.slice(at * bytes, (at + 1) * bytes));
  return pieces.filter((piece) => piece.length >= pieceMin);
}

function spaced(hex: string, between: string): string {
  return (hex.match(/../g) ?? []).join(between);
}
