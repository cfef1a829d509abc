// The rules that a question is asked of: those the configuration declares, or those in the settings
// of a proxy run alone.

import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { ClincherError } from '../../kit/error.ts';
import { jsonFaultPlace, settingsError } from '../../kit/located/settings-problems.ts';
import { formatPlace } from '../../kit/place.ts';
import { type EgressPolicy, egressPolicy } from '../../policy/egress.ts';
import { canonicalHost } from '../../policy/host.ts';
import { checkedEgressSettings } from '../../roles/egress/check-settings.ts';
import { loadPolicy, rulesInForce } from '../../roles/egress/load-policy.ts';
import { ownFromText } from '../../roles/egress/own-listeners.ts';
import { type EgressRules, smokescreenSwitches } from '../../roles/egress/settings.ts';
import type { Topology } from '../../topology/model.ts';
import type { StackFlags } from '../flags.ts';
import { declareStack } from '../stack.ts';
import { readAsked } from './ask.ts';
import { type Explanation, explainAddresses, explainHost } from './explain.ts';

interface ExplainFlags extends StackFlags {
  readonly as: string;
  readonly settings?: string;
  readonly acl?: string;
  readonly resolve?: boolean;
}

/**
 * @throws ClincherError `usage`, `unknown-service`, `settings-invalid` and what loading a
 * configuration throws
 */
export async function explainDeclared(flags: ExplainFlags, text: string): Promise<Explanation> {
  const asked = readAsked(text);
  const { policy, resolve } = await declaredPolicy(flags);
  const explained = explainHost(policy, flags.as, asked);
  const host = canonicalHost(asked.host);
  if (flags.resolve !== true || explained.verdict === 'deny' || host === null) return explained;
  if (host.kind === 'address') return explainAddresses(policy, explained, [host.text]);
  // Own keys only: `constructor` is a host name too.
  const fixed = Object.hasOwn(resolve, host.text) ? resolve[host.text] : undefined;
  return explainAddresses(policy, explained, fixed ?? (await answersOf(host.text)));
}

/** The resolver of this machine; a name it does not know has no addresses. */
async function answersOf(name: string): Promise<readonly string[]> {
  const answers = await lookup(name, { all: true, order: 'verbatim' }).catch(() => []);
  return answers.map(({ address }) => address);
}

interface Declared {
  readonly policy: EgressPolicy;
  readonly resolve: Readonly<Record<string, readonly string[]>>;
}

async function declaredPolicy(flags: ExplainFlags): Promise<Declared> {
  if (flags.settings !== undefined) return settingsPolicy(flags.settings);
  if (flags.acl !== undefined) return aclPolicy(flags.acl);
  const { topology } = await declareStack(flags);
  const { rules, from } = egressIn(topology);
  if (!from.includes(flags.as)) {
    const known = topology.services.map(({ name }) => name);
    if (!known.includes(flags.as)) {
      throw new ClincherError(
        'unknown-service',
        `there is no service ${JSON.stringify(flags.as)}`,
        {
          fix: `Callers of egress: ${from.join(', ')}.`,
        },
      );
    }
  }
  return { policy: policyOf(rules), resolve: rules.resolve };
}

/** The rules of the stack's egress proxy, and who has an edge to it. */
export function egressIn(topology: Topology): {
  readonly rules: EgressRules;
  readonly from: readonly string[];
} {
  for (const { name, run } of topology.services) {
    if (run.role !== 'egress') continue;
    const edges = topology.edges.filter(({ to, port }) => to === name && port === 'proxy');
    return { rules: run.rules, from: [...new Set(edges.map((edge) => edge.from))] };
  }
  throw new ClincherError('unknown-service', 'the declared stack has no egress proxy of ours', {
    fix: '--settings names the settings of one that runs alone.',
  });
}

/** Inside a stack the proxy has Unix sockets only, so no address is its own. */
export function policyOf(rules: EgressRules): EgressPolicy {
  return egressPolicy(rules.rules, rules.unsafeAllowAddresses, [], rules);
}

async function settingsPolicy(file: string): Promise<Declared> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ClincherError('settings-invalid', `${file} cannot be read: ${cause}`, { cause });
  });
  const parsed = checkedEgressSettings.safeParse(parseJson(text, file));
  if (!parsed.success) throw settingsError(text, file, checkedEgressSettings);
  const { admin, listen } = parsed.data;
  const told = await rulesInForce(parsed.data);
  const own = [...admin, ...listen.map(({ address }) => address)].flatMap(ownFromText);
  return {
    policy: egressPolicy(told.rules, told.unsafeAllowAddresses, own, told),
    resolve: told.resolve,
  };
}

/** The text is not quoted: a file of another kind may hold a secret. */
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const at = formatPlace(jsonFaultPlace(text, file));
    const message = `${at}: it is not JSON from here on`;
    throw new ClincherError('settings-invalid', message, { cause });
  }
}

/** As the proxy reads it when nothing looser is asked for. */
async function aclPolicy(path: string): Promise<Declared> {
  const smokescreen = smokescreenSwitches.parse({});
  const told = await loadPolicy({ path, format: 'smokescreen', smokescreen });
  const policy = egressPolicy(told.rules, told.unsafeAllowAddresses, [], told);
  return { policy, resolve: told.resolve };
}
