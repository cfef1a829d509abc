// The folders and tmpfs of a sandbox: only those of the template, at the places it names, from the
// host's side of them. Everything is sent as structured mounts: the daemon then makes no folder
// that is missing, and there is no text with colons to be read in two ways.

import type { FieldRule, Reading } from './body-field.ts';
import { BodyFault, readFields, textOf, textsOf } from './body-field.ts';
import { nothing } from './field-rules.ts';
import type { HostBind, Template, TemplateBind } from './model.ts';
import { isArray, type Json } from './strict-json.ts';

export interface AskedMounts {
  readonly binds: readonly HostBind[];
  /** Paths. */
  readonly tmpfs: readonly string[];
}

/** `Binds`: `/source:/target[:options]`, the one form without a volume's name. */
export function readBinds(value: Json, template: Template): readonly HostBind[] {
  return textsOf(value, 'HostConfig.Binds').map((text) => {
    const [source = '', target = '', options, ...rest] = text.split(':');
    if (rest.length > 0 || target === '') {
      throw refused('HostConfig.Binds', `"${text}" is not /source:/target[:options].`);
    }
    const flags = options === undefined ? [] : options.split(',');
    const foreign = flags.find((flag) => !bindFlags.has(flag));
    if (foreign !== undefined) {
      throw refused('HostConfig.Binds', `The option "${foreign}" is not one of a sandbox.`);
    }
    return bindOf(template, { source, target, readOnly: flags.includes('ro') }, 'HostConfig.Binds');
  });
}

/** `z` and `Z` would label the folder anew for the whole host; they are taken and not passed on. */
const bindFlags = new Set(['ro', 'rw', 'z', 'Z', 'rprivate', 'private']);

interface AskedBind {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

function bindOf(template: Template, asked: AskedBind, field: string): HostBind {
  const { source, target } = asked;
  for (const path of [source, target]) {
    if (!isPlainPath(path)) throw refused(field, `"${path}" is not a plain absolute path.`);
  }
  // The nearest one: a folder that is bound read-only stays so below one that may be written.
  const [bind] = template.binds
    .filter((each) => below(each, asked) !== null)
    .sort((a, b) => b.source.length - a.source.length);
  const rest = bind === undefined ? null : below(bind, asked);
  if (bind === undefined || rest === null) {
    throw refused(field, `The template does not bind ${source} to ${target}.`);
  }
  if (!asked.readOnly && bind.readOnly) {
    throw refused(field, `The template binds ${source} read-only; ask for it with ":ro".`);
  }
  return {
    hostSource: `${bind.hostSource ?? bind.source}${rest}`,
    target,
    readOnly: asked.readOnly,
    below: rest !== '',
  };
}

/** The part of the source below the template's, or null where the two do not fit. */
function below(bind: TemplateBind, { source, target }: AskedBind): string | null {
  if (source === bind.source && target === bind.target) return '';
  if (!bind.below || !isAtOrBelow(target, bind.target)) return null;
  return isAtOrBelow(source, bind.source) ? source.slice(bind.source.length) : null;
}

export function isAtOrBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** Absolute, no `.` or `..`, no empty part, no colon, nothing that is no plain character. */
export function isPlainPath(path: string): boolean {
  return (
    /^(?:\/[^/\u0000-\u001f\u007f:\\]+)+$/.test(path) &&
    path.length <= 1_024 &&
    !path.split('/').some((part) => part === '.' || part === '..')
  );
}

/** `Mounts`: of type bind or tmpfs, with no option that changes what they are. */
export function readMounts(value: Json, template: Template, reading: Reading): AskedMounts {
  const binds: HostBind[] = [];
  const tmpfs: string[] = [];
  const list = value ?? [];
  if (!isArray(list)) {
    throw new BodyFault('docker-body-unclear', 'HostConfig.Mounts', 'It must be a list.');
  }
  for (const [index, each] of list.entries()) {
    const field = `HostConfig.Mounts.${index}`;
    const mount = readFields(each, field, mountFields, reading);
    const target = textOf(mount.get('Target') ?? null, field);
    const source = textOf(mount.get('Source') ?? null, field);
    const readOnly = mount.get('ReadOnly') === true;
    if (mount.get('Type') === 'bind') {
      binds.push(bindOf(template, { source, target, readOnly }, field));
    } else if (mount.get('Type') === 'tmpfs' && source === '') {
      tmpfs.push(tmpfsOf(template, target, field));
    } else {
      throw refused(field, 'A sandbox has mounts of type bind and tmpfs, and no others.');
    }
  }
  return { binds, tmpfs };
}

const plainText: FieldRule = (value, field) => textOf(value, field);

const mountFields: Readonly<Record<string, FieldRule>> = {
  Type: plainText,
  Source: plainText,
  Target: plainText,
  ReadOnly: (value) => value === true,
  Consistency: nothing('docker-bind-refused', ['default', 'consistent', 'cached', 'delegated']),
  BindOptions: (value, field, reading) => {
    readFields(value, field, bindOptions, reading);
    return undefined;
  },
  VolumeOptions: nothing('docker-bind-refused'),
  ImageOptions: nothing('docker-bind-refused'),
  ClusterOptions: nothing('docker-bind-refused'),
  // Size and mode are the template's.
  TmpfsOptions: () => undefined,
};

const bindOptions: Readonly<Record<string, FieldRule>> = {
  Propagation: nothing('docker-bind-refused', ['rprivate', 'private']),
  NonRecursive: () => undefined,
  CreateMountpoint: nothing('docker-bind-refused'),
  ReadOnlyNonRecursive: nothing('docker-bind-refused'),
  ReadOnlyForceRecursive: () => undefined,
};

/** `Tmpfs`: paths with options, which are the template's whatever was asked. */
export function readTmpfs(paths: Iterable<string>, template: Template): readonly string[] {
  return [...paths].map((path) => tmpfsOf(template, path, 'HostConfig.Tmpfs'));
}

function tmpfsOf(template: Template, path: string, field: string): string {
  if (template.tmpfs.some((each) => each.path === path)) return path;
  throw refused(field, `The template has no tmpfs at ${path.slice(0, 128)}.`);
}

/** What is sent: bind mounts, and the template's options for each tmpfs. */
export function writeMounts(binds: readonly HostBind[]): readonly Json[] {
  return binds.map(
    ({ hostSource, target, readOnly }) =>
      new Map<string, Json>([
        ['Type', 'bind'],
        ['Source', hostSource],
        ['Target', target],
        ['ReadOnly', readOnly],
        ['BindOptions', new Map([['Propagation', 'rprivate']])],
      ]),
  );
}

export function writeTmpfs(paths: readonly string[], template: Template): Json {
  const sizes = new Map(template.tmpfs.map(({ path, sizeBytes }) => [path, sizeBytes]));
  return new Map(
    paths.map((path) => [path, `rw,nosuid,nodev,size=${sizes.get(path) ?? 0},mode=1777`]),
  );
}

const refused = (field: string, says: string) => new BodyFault('docker-bind-refused', field, says);
