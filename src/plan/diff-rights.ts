// What a service may now do or read that it could not, and the other way round, in sentences.

import type { IngressListen, Mount, SecretDeclaration, Service } from '../topology/model.ts';

export function diffRights(before: Service, after: Service): readonly string[] {
  const { name } = after;
  const [old, now] = [before.rights, after.rights];
  const outside = {
    none: 'loses its route to the outside',
    outside: 'gets a route to the outside',
  } as const;
  return [
    ...(old.network === now.network ? [] : [`${name} ${outside[now.network]}`]),
    ...sets(old.capabilities, now.capabilities, (each, gained) =>
      gained ? `${name} gets the capability ${each}` : `${name} loses the capability ${each}`,
    ),
    ...sets(old.mounts.map(mountText), now.mounts.map(mountText), (each, gained) =>
      gained ? `${name} now sees the host's ${each}` : `${name} no longer sees the host's ${each}`,
    ),
    ...sets(old.writable, now.writable, (each, gained) =>
      gained ? `${name} may now write ${each}` : `${name} may no longer write ${each}`,
    ),
    ...sets(
      old.worldListeners.map(listenText),
      now.worldListeners.map(listenText),
      (each, gained) =>
        gained
          ? `${name} listens to ${audience(each)} on ${each}`
          : `${name} no longer listens on ${each}`,
    ),
    ...sets(before.holds, after.holds, (each, gained) =>
      gained ? `${name} can now read secret ${each}` : `${name} can no longer read secret ${each}`,
    ),
    ...diffLimits(before, after),
  ];
}

function diffLimits({ rights: old }: Service, { name, rights: now }: Service): readonly string[] {
  const rows = [
    ['memory', bytes(old.memoryBytesMax), bytes(now.memoryBytesMax)],
    ['processor cores', old.cpusMax, now.cpusMax],
    ['processes', old.processesMax, now.processesMax],
    ['open files', old.filesMax, now.filesMax],
  ] as const;
  return rows.flatMap(([what, then, today]) =>
    then === today ? [] : `${name} has a limit of ${today} for ${what} (${then} before)`,
  );
}

/** The source of a secret changes what its holders get; who holds it is told with the service. */
export function diffSecrets(
  before: readonly SecretDeclaration[],
  after: readonly SecretDeclaration[],
): readonly string[] {
  const old = new Map(before.map((secret) => [secret.name, secret]));
  const wanted = new Set(after.map(({ name }) => name));
  return [
    ...before.filter(({ name }) => !wanted.has(name)).map(({ name }) => `forgets secret ${name}`),
    ...after.flatMap((secret) => {
      const earlier = old.get(secret.name);
      if (earlier === undefined) return `adds secret ${secret.name}, ${sourceText(secret)}`;
      if (sourceText(earlier) === sourceText(secret) && earlier.kind === secret.kind) return [];
      return `secret ${secret.name} is now ${sourceText(secret)} (${sourceText(earlier)} before)`;
    }),
  ];
}

function sourceText({ source }: SecretDeclaration): string {
  switch (source.kind) {
    case 'env':
      return `from env:${source.variable}`;
    case 'file':
      return `from file:${source.path}`;
    case 'store':
      return `from store:${source.key}`;
    case 'generated':
      return 'made by clincher';
    case 'marks':
      return `made of ${source.of.map(({ name }) => name).join(', ')}`;
  }
}

/** One sentence per thing gained or lost. */
export function sets(
  before: readonly string[],
  after: readonly string[],
  say: (each: string, gained: boolean) => string,
): readonly string[] {
  const lost = before.filter((each) => !after.includes(each));
  const gained = after.filter((each) => !before.includes(each));
  return [...lost.map((each) => say(each, false)), ...gained.map((each) => say(each, true))];
}

function mountText({ source, target, readOnly }: Mount): string {
  return `${source} at ${target}, ${readOnly ? 'read-only' : 'and may write it'}`;
}

function audience(address: string): string {
  return /^(127\.|\[::1\])/.test(address) ? 'this machine' : 'the world';
}

function listenText({ host, port }: IngressListen): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function bytes(count: number): string {
  const mebibytes = count / (1024 * 1024);
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`;
}
