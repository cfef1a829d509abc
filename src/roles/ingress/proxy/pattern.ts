// A value as a part of a regular expression that matches it alone, for PCRE and for RE2.

/** No character is left that could end the string which the expression stands in. */
export function inPattern(value: string): string {
  return value.replace(/[^A-Za-z0-9]/g, (character) => {
    const code = character.charCodeAt(0);
    return code < 128 ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  });
}
