// The rules in force, which may change while the proxy runs: read again when the policy file
// changes and when its owner says so with SIGHUP. A file that is wrong leaves the old ones.

import { ClincherError } from '../../kit/error.ts';
import { type EgressPolicy, egressPolicy, type OwnListener } from '../../policy/egress.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EgressMetrics } from './egress-metrics.ts';
import type { FileWatch } from './file-watch.ts';
import { rulesInForce } from './load-policy.ts';
import type { EgressPolicyRules, EgressSettings } from './settings.ts';

export interface Rules {
  readonly policy: EgressPolicy;
  /** Names answered from here. */
  readonly resolve: Readonly<Record<string, readonly string[]>>;
}

export interface LiveRules {
  /** The same object until the rules change. */
  current(): Rules;
  /** What is wrong with the file that was read last, or null. */
  fault(): string | null;
  /** Called after each change. */
  onChange(listener: (rules: Rules) => void): void;
}

/** @throws ClincherError `settings-invalid` when the file cannot be used at the start */
export async function openRules(
  settings: EgressSettings,
  own: readonly OwnListener[],
  telemetry: Telemetry,
  metrics: EgressMetrics,
  watch: FileWatch,
): Promise<LiveRules> {
  const { policyFile } = settings;
  const listeners: ((rules: Rules) => void)[] = [];
  let rules = madeFrom(await rulesInForce(settings), own);
  let fault: string | null = null;
  const read = async () => {
    if (policyFile === undefined) return;
    try {
      rules = madeFrom(await rulesInForce(settings), own);
      fault = null;
      metrics.reloaded('taken');
      telemetry.log.info('rules-taken', { file: policyFile.path });
      for (const listener of listeners) listener(rules);
    } catch (error) {
      if (!(error instanceof ClincherError)) throw error;
      fault = `the rules in force are older than ${policyFile.path}: ${error.format()}`;
      metrics.reloaded('kept');
      telemetry.log.error('rules-kept', { file: policyFile.path, message: error.format() });
    }
  };
  if (policyFile !== undefined) watch.add([policyFile.path], read);
  return {
    current: () => rules,
    fault: () => fault,
    onChange: (listener) => void listeners.push(listener),
  };
}

function madeFrom(told: EgressPolicyRules, own: readonly OwnListener[]): Rules {
  const { rules, unsafeAllowAddresses, globalAllow, globalDeny, denyAddresses } = told;
  const lists = { globalAllow, globalDeny, denyAddresses };
  return { policy: egressPolicy(rules, unsafeAllowAddresses, own, lists), resolve: told.resolve };
}
