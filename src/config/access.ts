// The section `egress`: the way out.

import * as z from 'zod';
import type { KeyPath } from '../kit/located/problem.ts';
import { type Reader, unknownName } from '../kit/located/reader.ts';
import { hostPatternError } from '../policy/host.ts';
import type { EgressOptions } from '../topology/options.ts';
import { egressRuleSchema, egressSchema } from './schema.ts';

const rulesMax = 256;
const openTwice = 'lets its caller reach every host; say so again with `unsafeOpen: true`';
/** The rules are read one by one, above. */
const withRulesApart = egressSchema.extend({ rules: z.unknown() });

export function readEgress(reader: Reader, ownServices: readonly string[]): EgressOptions {
  const { document } = reader;
  const at = document.declaredAt(['egress']);
  const callers = ['gateway', 'llm', ...ownServices];
  const rules: EgressOptions['rules'][number][] = [];
  const count = reader.count(['egress', 'rules'], rulesMax);
  for (let index = 0; index < count; index++) {
    const path = ['egress', 'rules', index];
    const rule = reader.readMap(path, egressRuleSchema);
    if (rule === undefined) continue;
    const { caller, hosts = [], ports = [443], ...more } = rule;
    if (caller === undefined) continue;
    if (!callers.includes(caller)) {
      reader.add([...path, 'caller'], unknownName('caller of egress', caller, callers));
    }
    if (more.mode === 'open' && more.unsafeOpen !== true) {
      reader.add([...path, 'mode'], openTwice);
    } else if (more.unsafeOpen === true && more.mode !== 'open') {
      reader.add([...path, 'unsafeOpen'], 'has no use without `mode: open`');
    }
    addPatternErrors(reader, [...path, 'serverNames'], more.serverNames, 'allow');
    rules.push({ caller, hosts, ports, ...withoutGaps(more), at: document.declaredAt(path) });
  }
  const rest = reader.readMap(['egress'], withRulesApart);
  addPatternErrors(reader, ['egress', 'globalDeny'], rest?.globalDeny, 'deny');
  return {
    rules,
    ...withoutGaps({
      globalAllow: rest?.globalAllow,
      globalDeny: rest?.globalDeny,
      resolvers: rest?.resolvers,
      denyAddresses: rest?.denyAddresses,
      limits: rest?.limits,
    }),
    resolve: rest?.resolve ?? {},
    unsafeAllowAddresses: rest?.unsafeAllowAddresses ?? [],
    at,
  };
}

/** For lists that no check looks at: what egress itself would refuse. */
function addPatternErrors(
  reader: Reader,
  path: KeyPath,
  hosts: readonly string[] | undefined,
  use: 'allow' | 'deny',
): void {
  for (const [index, host] of (hosts ?? []).entries()) {
    const error = hostPatternError(host, use);
    if (error !== null) reader.add([...path, index], error);
  }
}

/** What the file does not say is not there, rather than there and undefined. */
function withoutGaps<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;
}
