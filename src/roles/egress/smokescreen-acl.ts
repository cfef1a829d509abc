// A Smokescreen ACL, version 1, as rules of ours: the same file, read by its own semantics,
// stricter where docs/egress-from-smokescreen.md says so. What cannot be obeyed is refused, not
// left out.

import * as z from 'zod';
import { LocatedDocument } from '../../kit/located/document.ts';
import { echo, type KeyPath, ProblemsError } from '../../kit/located/problem.ts';
import { Reader } from '../../kit/located/reader.ts';
import { formatPlace } from '../../kit/place.ts';
import { hostPatternError } from '../../policy/host.ts';
import type { EgressPolicyRules, SmokescreenSwitches } from './settings.ts';

type Rule = EgressPolicyRules['rules'][number];

const anything = z.unknown().optional();
/** A number or a truth value is a fine name there, as it is written. */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const ruleShape = {
  project: scalar.nullish(),
  action: z.enum(['open', 'report', 'enforce']),
  allowed_domains: anything,
  mitm_domains: anything,
  allowed_external_proxies: anything,
  /** What the program calls the same list inside; some files have it. */
  external_proxy_globs: anything,
};
const serviceSchema = z.strictObject({ name: scalar, ...ruleShape });
const defaultSchema = z.strictObject({ name: scalar.nullish(), ...ruleShape });
const fileSchema = z.strictObject({
  version: z.literal('v1'),
  services: anything,
  default: anything,
  global_allow_list: anything,
  global_deny_list: anything,
});

const entriesMax = 4_096;
const others = '*';

/**
 * Pure.
 * @throws ProblemsError `settings-invalid` with every problem and its place
 */
export function readSmokescreenAcl(
  source: string,
  file: string,
  switches: SmokescreenSwitches,
): EgressPolicyRules {
  // Anchors are in common use in these files; and a long host is no secret.
  const document = new LocatedDocument(source, file, { aliases: true, anyText: true });
  const reader = new Reader(document);
  const acl = new AclReader(reader, switches);
  const rules = document.value === undefined ? null : acl.read();
  const problems = [...document.problems, ...reader.problems];
  if (rules !== null && problems.length === 0) return rules;
  const fix = 'What is accepted and why: docs/egress-from-smokescreen.md.';
  throw new ProblemsError('settings-invalid', file, problems, fix);
}

class AclReader {
  readonly #reader: Reader;
  readonly #switches: SmokescreenSwitches;

  constructor(reader: Reader, switches: SmokescreenSwitches) {
    this.#reader = reader;
    this.#switches = switches;
  }

  read(): EgressPolicyRules {
    if (this.#reader.valueAt([]) === null) this.#add([], 'the file is empty');
    else this.#reader.readMap([], fileSchema);
    const globalAllow = this.#hosts(['global_allow_list'], 'allow');
    const globalDeny = this.#hosts(['global_deny_list'], 'deny');
    const rules = this.#services(globalAllow);
    if (this.#isThere(['default'])) {
      rules.push(...this.#rules(['default'], others, defaultSchema, globalAllow));
    }
    return { rules, globalDeny, resolve: {}, unsafeAllowAddresses: [] };
  }

  #services(globalAllow: string[]): Rule[] {
    const lines = new Map<string, number>();
    const rules: Rule[] = [];
    if (this.#reader.valueAt(['services']) === undefined) {
      this.#add(['services'], 'is required; `[]` if there are none');
    }
    for (let index = 0; index < this.#reader.count(['services'], entriesMax); index++) {
      const path = ['services', index];
      const name = this.#scalar([...path, 'name']);
      const first = lines.get(name);
      if (name === '') {
        if (this.#isThere([...path, 'name'])) this.#add([...path, 'name'], 'is empty');
      } else if (first !== undefined) {
        this.#add([...path, 'name'], `"${echo(name)}" is here twice; first on line ${first}`);
      }
      if (name === others || name.length > 256) {
        this.#add([...path, 'name'], 'is no name of a service');
      }
      lines.set(name, this.#reader.document.placeOf([...path, 'name']).line);
      rules.push(...this.#rules(path, name, serviceSchema, globalAllow));
    }
    return rules;
  }

  /** Its own rule; and everyone who has one has the hosts on the global list, on the same terms. */
  #rules(
    path: KeyPath,
    caller: string,
    schema: typeof serviceSchema | typeof defaultSchema,
    globalAllow: string[],
  ): Rule[] {
    const { open, rulesOverDeny } = this.#switches;
    const action = this.#reader.readMap(path, schema)?.action ?? 'enforce';
    this.#refuseUnsupported(path, action);
    const terms = this.#terms(path, caller);
    const { document } = this.#reader;
    const own: Rule = {
      ...terms,
      hosts: this.#hosts([...path, 'allowed_domains'], 'allow'),
      ...(action === 'enforce' ? {} : { mode: action }),
      ...(action === 'open' ? { unsafeOpen: open } : {}),
      ...(rulesOverDeny ? { unsafeOverDeny: true } : {}),
      at: formatPlace(document.placeOf(path)),
    };
    if (globalAllow.length === 0) return [own];
    const at = formatPlace(document.placeOf(['global_allow_list']));
    return [own, { ...terms, hosts: globalAllow, at }];
  }

  #terms(path: KeyPath, caller: string): Omit<Rule, 'hosts' | 'at'> {
    const { anyPort, plaintext, plainHttp } = this.#switches;
    const project = this.#scalar([...path, 'project']);
    return {
      caller,
      ports: plainHttp ? [443, 80] : [443],
      ...(anyPort ? { unsafeAnyPort: true } : {}),
      ...(plaintext ? { unsafeAllowPlaintext: true } : {}),
      ...(plainHttp ? { plainHttp: true } : {}),
      clientProxies: this.#proxies(path),
      ...(project === '' ? {} : { project }),
    };
  }

  #refuseUnsupported(path: KeyPath, action: 'open' | 'report' | 'enforce'): void {
    if (action === 'open' && !this.#switches.open) {
      this.#add(
        [...path, 'action'],
        '`open` lets it reach every host; say so again with --unsafe-open, or write report',
      );
    }
    if (!this.#isThere([...path, 'mitm_domains'])) return;
    this.#add(
      [...path, 'mitm_domains'],
      'mitm_domains is not supported: clincher never opens the TLS of a tunnel; remove it',
    );
  }

  #proxies(path: KeyPath): string[] {
    return ['allowed_external_proxies', 'external_proxy_globs'].flatMap((key) =>
      this.#hosts([...path, key], 'allow'),
    );
  }

  /** Each pattern in our spelling: there a `*.` stands for any number of labels. */
  #hosts(path: KeyPath, use: 'allow' | 'deny'): string[] {
    if (!this.#isThere(path)) return [];
    const hosts: string[] = [];
    for (let index = 0; index < this.#reader.count(path, entriesMax); index++) {
      const written = this.#reader.read([...path, index], z.string());
      if (written === undefined) continue;
      // The root's dot at the end changes nothing there.
      const host = written.replace(/(?<=[^.])\.$/, '');
      const error = patternError(host, use);
      if (error !== null) this.#add([...path, index], error);
      hosts.push(host.startsWith('*.') && !this.#switches.oneLabel ? `*${host}` : host);
    }
    return hosts;
  }

  #isThere(path: KeyPath): boolean {
    const value = this.#reader.valueAt(path);
    if (Array.isArray(value)) return value.length > 0;
    return value !== undefined && value !== null;
  }

  #scalar(path: KeyPath): string {
    const value = this.#reader.valueAt(path);
    if (typeof value === 'object' || value === undefined) return '';
    return typeof value === 'string' ? value : (this.#reader.document.sourceOf(path) ?? '');
  }

  #add(path: KeyPath, message: string): void {
    this.#reader.add(path, message);
  }
}

/** A wildcard over a whole suffix is the file's author's own to give; one over all is nobody's. */
function patternError(host: string, use: 'allow' | 'deny'): string | null {
  if (host === '*' || host === '*.') return `\`${host}\` would ${use} every host: name the hosts`;
  if (host.startsWith('**.')) return 'a `*.` has any depth here; write one `*`';
  if (host.replace(/^\*\./, '').includes('*')) {
    return 'a `*` may only stand for the whole first label: `*.example.com`';
  }
  return hostPatternError(host, 'deny');
}
