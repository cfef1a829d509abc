// What a twin's attacks are written with: `{{NAME HOW}}` stands for a secret of the twin's own,
// made for the run, as it is written in that way.

const lines = (text: string, width: number) =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\\n');

/** What stands in a JSON text for it. */
export const encodings = {
  plain: (value: string) => value,
  hex: (value: string) => hexOf(value),
  'hex in capitals': (value: string) => hexOf(value).toUpperCase(),
  'hex with spaces': (value: string) => pairs(value).join(' '),
  'hex with colons': (value: string) => pairs(value).join(':'),
  'hex in lines': (value: string) => lines(hexOf(value), 60),
  'percent signs': (value: string) =>
    pairs(value)
      .map((one) => `%${one}`)
      .join(''),
  base64: (value: string) => base64Of(value),
  'base64 behind a byte': (value: string) => base64Of(`:${value}`),
  'base64 behind two bytes': (value: string) => base64Of(`x:${value}`),
  'base64 for URLs': (value: string) => Buffer.from(value).toString('base64url'),
  'base64 in lines': (value: string) => lines(base64Of(value), 64),
  'escapes of JSON': (value: string) =>
    [...value].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  'JSON in JSON': (value: string) => `{\\"key\\":\\"${value}\\"}`,
} as const satisfies Record<string, (value: string) => string>;

export type Encoding = keyof typeof encodings;

/** @throws RangeError for a mark that nothing stands for */
export function fillTwin(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{([a-z-]+)(?: ([^}]+))?\}\}/g, (mark, name: string, how: string) => {
    const value = values[name];
    const write = encodings[(how ?? 'plain') as Encoding];
    if (value === undefined || write === undefined) throw new RangeError(`no such mark: ${mark}`);
    return write(value);
  });
}

function hexOf(value: string): string {
  return Buffer.from(value).toString('hex');
}

function pairs(value: string): string[] {
  return hexOf(value).match(/../g) ?? [];
}

function base64Of(value: string): string {
  return Buffer.from(value).toString('base64');
}
