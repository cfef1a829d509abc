// The text of a Compose file to the stack it tells of. Nothing is refused that Docker would take:
// what is not understood is said, because a silence would look like a stack without fault.

import { posix } from 'node:path';
import { type KeyPath, ProblemsError } from '../kit/located/problem.ts';
import type { Place } from '../kit/place.ts';
import { type JoinedFiles, joinFiles, variablesFile } from './joined-files.ts';
import type {
  FoundMount,
  FoundNetwork,
  FoundPort,
  FoundService,
  FoundSetting,
  FoundStack,
  NotRead,
} from './model.ts';
import {
  besideFile,
  type Entries,
  entriesOf,
  environmentLines,
  isTrue,
  isUnknown,
  listOf,
  plainPath,
  textOf,
  textsOf,
  type Variables,
  withVariables,
  wordsOf,
} from './values.ts';

/** More than any stack that a person keeps in one file. */
const servicesMax = 200;

/**
 * Pure. `files` are the texts of the files beside it that filesNamed() asks for, as far as there
 * are any.
 * @throws ProblemsError `config-invalid` for what is not YAML, or has no services
 */
export function readComposeFile(
  text: string,
  file: string,
  files: ReadonlyMap<string, string>,
): FoundStack {
  const document = joinFiles(text, file, files);
  const { root, variables } = document;
  const services = Object.keys(entriesOf(root.services));
  if (services.length === 0 || services.length > servicesMax) {
    const message =
      services.length === 0
        ? 'there are no services'
        : `there are more than ${servicesMax} services`;
    const problem = { at: document.placeOf(['services']), path: ['services'], message };
    const fix = 'Name the file that `docker compose` is given.';
    throw new ProblemsError('config-invalid', file, [...document.problems, problem], fix);
  }
  const named = entriesOf(root.configs);
  const reading: Reading = { document, file, files, variables, configs: named };
  const beyond = document.problems.map(({ at, message }) => ({ about: file, what: message, at }));
  return {
    file,
    services: services.map((name) => serviceAt(reading, name, entriesOf(root.services)[name])),
    networks: networksOf(reading, entriesOf(root.networks)),
    files: new Map([...files, ...inlineFiles(named)]),
    notRead: [...beyond, ...document.notRead, ...notReadOf(reading, root)],
  };
}

/**
 * Paths beside the file that the stack is made of, as far as the files that are there say: further
 * Compose files, what is mounted, files of variables. With those read, there may be more.
 */
export function filesNamed(
  text: string,
  file: string,
  files: ReadonlyMap<string, string>,
): readonly string[] {
  const { named: composed } = joinFiles(text, file, files);
  const beside = composed.map((path) => posix.join(posix.dirname(path), variablesFile));
  const { services } = readComposeFile(text, file, files);
  const mounted = services.flatMap(({ mounts }) =>
    mounts.flatMap(({ kind, source }) => (kind === 'bind' ? [plainPath(source)] : [])),
  );
  const named = services.flatMap(({ variableFiles }) => variableFiles);
  return [...new Set([variablesFile, ...composed, ...beside, ...named, ...mounted])].filter(
    (path) => isBeside(path),
  );
}

/** Nothing of the machine is read that does not lie with the file. */
function isBeside(path: string): boolean {
  return (
    !/^[/~$.]|(^|\/)\.\.(\/|$)/.test(path) || path === variablesFile || /^\.[\w-]+$/.test(path)
  );
}

interface Reading {
  readonly document: JoinedFiles;
  readonly file: string;
  readonly files: ReadonlyMap<string, string>;
  readonly variables: Variables;
  /** The file's own section of that name. */
  readonly configs: Entries;
}

/** What stands in the Compose file itself, by the name it has there. */
function inlineFiles(configs: Entries): readonly (readonly [string, string])[] {
  return Object.entries(configs).flatMap(([name, value]): [string, string][] => {
    const { content } = entriesOf(value);
    return content === undefined ? [] : [[`configs.${name}`, textOf(content)]];
  });
}

function serviceAt(reading: Reading, name: string, value: unknown): FoundService {
  const said = entriesOf(value);
  const { document } = reading;
  const list = (key: string) => namedTexts(said[key]);
  const text = (key: string) => textOf(said[key]);
  const path = ['services', name];
  const placeOf = (key: string) => document.placeOf([...path, key]);
  const limits = entriesOf(entriesOf(entriesOf(said.deploy).resources).limits);
  return {
    ...{ name, at: document.placeOf(path), image: text('image'), placeOf },
    words: [...wordsOf(said.entrypoint), ...wordsOf(said.command)],
    settings: settingsOf(reading, path, said),
    variableFiles: environmentFilesOf(said),
    ports: portsOf(reading, path, said.ports),
    mounts: mountsOf(reading, path, said),
    secrets: listOf(said.secrets).map((one) => textOf(entriesOf(one).source) || textOf(one)),
    networkMode: said.network_mode === undefined ? null : text('network_mode'),
    networks: networkNames(said),
    lists: {
      ...{ cap_add: list('cap_add'), cap_drop: list('cap_drop') },
      ...{ security_opt: list('security_opt'), devices: list('devices') },
      ...{ extra_hosts: list('extra_hosts'), dns: list('dns') },
    },
    texts: {
      ...{ pid: text('pid'), ipc: text('ipc'), uts: text('uts'), cgroup: text('cgroup') },
      ...{ userns_mode: text('userns_mode'), user: text('user') },
    },
    flags: { privileged: isTrue(said.privileged), read_only: isTrue(said.read_only) },
    healthcheck: wordsOf(entriesOf(said.healthcheck).test),
    limits: {
      memory: said.mem_limit !== undefined || limits.memory !== undefined,
      processes: said.pids_limit !== undefined || limits.pids !== undefined,
    },
  };
}

/** `{ a: b }` as Compose's other form of it: `a:b`. */
function namedTexts(value: unknown): readonly string[] {
  if (Array.isArray(value) || typeof value !== 'object') return textsOf(value);
  return Object.entries(entriesOf(value)).map(([key, inner]) => `${key}:${textOf(inner)}`);
}

function networkNames({ networks, network_mode: mode }: Entries): readonly string[] {
  if (mode !== undefined) return [];
  const named = Array.isArray(networks) ? textsOf(networks) : Object.keys(entriesOf(networks));
  return named.length === 0 ? ['default'] : named;
}

function settingsOf(reading: Reading, path: KeyPath, said: Entries): readonly FoundSetting[] {
  const { document, file, files, variables } = reading;
  const known = (text: string) => {
    const filled = withVariables(text, variables);
    return isUnknown(filled) ? null : filled;
  };
  const ofFiles = environmentFilesOf(said).flatMap((name) =>
    environmentLines(files.get(name) ?? '').map(([key, value, line]) => ({
      ...{ name: key, value: known(value), written: value },
      at: { file: besideFile(file, name), line, column: 1 },
    })),
  );
  const at = (key: string | number): Place => document.placeOf([...path, 'environment', key]);
  const listed = Array.isArray(said.environment) ? textsOf(said.environment) : [];
  const ofList = listed.map((text, index) => {
    const [, name = text, value] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const written = value ?? `\${${name}}`;
    return { name, value: known(written), written, at: at(index) };
  });
  const ofMap = Object.entries(entriesOf(said.environment)).map(([name, value]) => {
    const written = value === null ? `\${${name}}` : textOf(value);
    return { name, value: known(written), written, at: at(name) };
  });
  const all = [...ofFiles, ...ofList, ...ofMap];
  return [...new Map(all.map((one) => [one.name, one])).values()];
}

function environmentFilesOf({ env_file: named }: Entries): readonly string[] {
  return listOf(named).map((one) => plainPath(textOf(entriesOf(one).path) || textOf(one)));
}

function portsOf({ document }: Reading, path: KeyPath, said: unknown): FoundPort[] {
  return listOf(said).map((one, index) => {
    const at = document.placeOf([...path, 'ports', index]);
    const long = entriesOf(one);
    if (long.target !== undefined) {
      const published = textOf(long.published);
      return { host: textOf(long.host_ip), published, target: textOf(long.target), at };
    }
    const text = textOf(one).replace(/\/(tcp|udp|sctp)$/, '');
    const [, address = '', rest = ''] = /^(\[[^\]]*\]|[0-9.]+(?=:[^:]*:)|):?(.*)$/.exec(text) ?? [];
    const [first = '', second] = rest.split(':');
    const isPair = second !== undefined;
    return {
      host: address.replace(/^\[|\]$/g, ''),
      ...{ published: isPair ? first : '', target: isPair ? second : first, at },
    };
  });
}

function mountsOf(reading: Reading, path: KeyPath, said: Entries): FoundMount[] {
  const { document } = reading;
  const volumes = listOf(said.volumes).map((one, index): FoundMount => {
    const at = document.placeOf([...path, 'volumes', index]);
    const long = entriesOf(one);
    if (long.target !== undefined) {
      const source = textOf(long.source);
      const kind = long.type === 'bind' || long.type === 'tmpfs' ? long.type : 'volume';
      return { source, target: textOf(long.target), kind, readOnly: isTrue(long.read_only), at };
    }
    const text = textOf(one);
    const [first = '', second, options = ''] = text.split(':');
    const source = second === undefined ? '' : first;
    const kind = /^[./~$]/.test(source) ? 'bind' : 'volume';
    const readOnly = options.split(',').includes('ro');
    return { source, target: second ?? first, kind, readOnly, at };
  });
  const configs = listOf(said.configs).map((one, index): FoundMount => {
    const name = textOf(entriesOf(one).source) || textOf(one);
    const { file } = entriesOf(reading.configs[name]);
    return {
      ...{ source: file === undefined ? `configs.${name}` : textOf(file), kind: 'bind' },
      ...{ target: textOf(entriesOf(one).target) || `/${name}`, readOnly: true },
      at: document.placeOf([...path, 'configs', index]),
    };
  });
  const memory = listOf(said.tmpfs).map((one): FoundMount => {
    const target = textOf(one).split(':')[0] ?? '';
    return { source: '', target, kind: 'tmpfs', readOnly: false, at: document.placeOf(path) };
  });
  return [...volumes, ...configs, ...memory];
}

function networksOf({ document }: Reading, said: Entries): readonly FoundNetwork[] {
  return Object.entries(said).map(([name, value]) => {
    const { internal, external, enable_ipv6: ipv6, driver_opts: options } = entriesOf(value);
    const mode = entriesOf(options)['com.docker.network.bridge.gateway_mode_ipv4'];
    return {
      ...{ name, at: document.placeOf(['networks', name]), internal: isTrue(internal) },
      ...{ withoutHost: mode === 'isolated', ipv6: isTrue(ipv6) },
      external: external !== undefined && external !== false,
    };
  });
}

/** Files of variables that are not there. */
function notReadOf({ document, files }: Reading, root: Entries): readonly NotRead[] {
  return Object.entries(entriesOf(root.services)).flatMap(([name, value]) =>
    environmentFilesOf(entriesOf(value))
      .filter((path) => !files.has(path))
      .map((path) => {
        const at = document.placeOf(['services', name, 'env_file']);
        return { about: name, what: `its file of variables ${path}`, at };
      }),
  );
}
