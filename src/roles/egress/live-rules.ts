// The rules in force, which may change while the proxy runs: read again when the policy file
// changes and when its owner says so with SIGHUP. A file that is wrong leaves the old ones.

import type { FileWatch } from '../../net/file-watch.ts';
import { type Live, readLive } from '../../net/live.ts';
import { type EgressPolicy, egressPolicy, type OwnListener } from '../../policy/egress.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EgressMetrics } from './egress-metrics.ts';
import { rulesInForce } from './load-policy.ts';
import type { EgressPolicyRules, EgressSettings } from './settings.ts';

export interface Rules {
  readonly policy: EgressPolicy;
  /** Names answered from here. */
  readonly resolve: Readonly<Record<string, readonly string[]>>;
}

export type LiveRules = Live<Rules>;

/** @throws ClincherError `settings-invalid` when the file cannot be used at the start */
export function openRules(
  settings: EgressSettings,
  own: readonly OwnListener[],
  telemetry: Telemetry,
  metrics: EgressMetrics,
  watch: FileWatch,
): Promise<LiveRules> {
  const file = settings.policyFile?.path;
  const read = async () => madeFrom(await rulesInForce(settings), own);
  return readLive(read, file === undefined ? [] : [file], watch, {
    taken() {
      metrics.reloaded('taken');
      telemetry.log.info('rules-taken', { file });
    },
    kept(message) {
      metrics.reloaded('kept');
      telemetry.log.error('rules-kept', { file, message });
      return `the rules in force are older than ${file}: ${message}`;
    },
  });
}

function madeFrom(told: EgressPolicyRules, own: readonly OwnListener[]): Rules {
  const { rules, unsafeAllowAddresses, globalAllow, globalDeny, denyAddresses } = told;
  const lists = { globalAllow, globalDeny, denyAddresses };
  return { policy: egressPolicy(rules, unsafeAllowAddresses, own, lists), resolve: told.resolve };
}
