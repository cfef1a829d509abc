// Hides what looks like a secret among environment variables and labels, by its name and by what
// it says. A guess that hides too much: whoever needs the value has another way to it.

export const mask = '***';

const secretName = anyOf([
  /pass(?:w|phrase|code|$|[._-])/,
  /secret|token|cred|cookie|private|bearer|jwt|salt|webhook|signature|license/,
  /auth(?!or)/,
  /dsn$|connection[._-]?string/,
  /(?:^|[._-])key(?:$|[._-])|keys?$/,
]);

/** The beginnings of well-known tokens, keys in PEM, passwords in a URL. */
const secretValue = anyOf([
  /^(?:sk|pk|rk)[-_]|^gh[opsur]_|^github_pat_|^glpat-|^xox[a-z]-/,
  /^A(?:KIA|SIA)[A-Z0-9]{12}|^AIza|^ya29\.|^eyJ[\w-]+\./,
  /-----BEGIN |^(?:Bearer|Basic) /,
  /:\/\/[^/\s:@]*:[^/\s@]+@/,
]);

/** Long, without spaces, letters and digits mixed: a key, or what looks like one. */
const random = /^(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+_=-]{32,}$/;

/** `NAME=value` as the daemon has them. */
export function maskEnv(entries: unknown): unknown {
  if (!Array.isArray(entries)) return entries;
  return entries.map((entry: unknown) => {
    if (typeof entry !== 'string') return entry;
    const equals = entry.indexOf('=');
    if (equals === -1) return entry;
    const [name, value] = [entry.slice(0, equals), entry.slice(equals + 1)];
    return isSecret(name, value) || random.test(value) ? `${name}=${mask}` : entry;
  });
}

/** Of a command, as a list: the first `kept` stay. */
export function maskArguments(command: unknown, kept: number): unknown {
  if (!Array.isArray(command) || command.length <= kept) return command;
  return [...command.slice(0, kept), mask];
}

/** `isOwn` tells labels that the caller set itself, which it may read again. */
export function maskLabels(labels: unknown, isOwn: (key: string) => boolean): unknown {
  if (typeof labels !== 'object' || labels === null) return labels;
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]: [string, unknown]) => {
      const isHidden = !isOwn(key) && isSecret(key, String(value));
      return [key, isHidden && value !== '' ? mask : value];
    }),
  );
}

function isSecret(name: string, value: string): boolean {
  return value !== '' && (secretName.test(name) || secretValue.test(value));
}

function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'), 'i');
}
