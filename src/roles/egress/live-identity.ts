// The identity of a listener as its files have it now. They are read again while the proxy runs;
// files that are wrong, or do not fit together yet, leave what was read before.

import type { FileWatch } from '../../net/file-watch.ts';
import { readLive } from '../../net/live.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EgressMetrics } from './egress-metrics.ts';
import { type Identity, identityFiles, openIdentity } from './identity.ts';
import type { EgressListener } from './settings.ts';

export interface LiveIdentity extends Identity {
  /** What is wrong with the files that were read last, or null. */
  fault(): string | null;
  /** Called after each change. */
  onChange(listener: () => void): void;
}

/** @throws ClincherError `settings-invalid` when a file cannot be used at the start */
export async function openLiveIdentity(
  listener: EgressListener,
  telemetry: Telemetry,
  metrics: EgressMetrics,
  watch: FileWatch,
): Promise<LiveIdentity> {
  const given = new WeakMap();
  const { address } = listener;
  const read = () => openIdentity(listener, given);
  const { current, fault, onChange } = await readLive(read, identityFiles(listener), watch, {
    taken() {
      metrics.reloaded('taken');
      telemetry.log.info('identity-taken', { listener: address });
    },
    kept(message) {
      metrics.reloaded('kept');
      telemetry.log.error('identity-kept', { listener: address, message });
      return `who calls ${address} is told by older files: ${message}`;
    },
  });
  return {
    get tls() {
      return current().tls;
    },
    needsCredentials: current().needsCredentials,
    callerOf: (socket) => current().callerOf(socket),
    identify: (header, socket) => current().identify(header, socket),
    stillKnows: (socket) => current().stillKnows(socket),
    fault,
    onChange,
  };
}
