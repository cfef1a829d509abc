// The identity of a listener as its files have it now. They are read again while the proxy runs;
// files that are wrong, or do not fit together yet, leave what was read before.

import { ClincherError } from '../../kit/error.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { EgressMetrics } from './egress-metrics.ts';
import type { FileWatch } from './file-watch.ts';
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
  const files = identityFiles(listener);
  const listeners: (() => void)[] = [];
  let identity = await openIdentity(listener, given);
  let fault: string | null = null;
  watch.add(files, async () => {
    try {
      identity = await openIdentity(listener, given);
      fault = null;
      metrics.reloaded('taken');
      telemetry.log.info('identity-taken', { listener: listener.address });
      for (const changed of listeners) changed();
    } catch (error) {
      if (!(error instanceof ClincherError)) throw error;
      fault = `who calls ${listener.address} is told by older files: ${error.format()}`;
      metrics.reloaded('kept');
      const message = error.format();
      telemetry.log.error('identity-kept', { listener: listener.address, message });
    }
  });
  return {
    get tls() {
      return identity.tls;
    },
    needsCredentials: identity.needsCredentials,
    callerOf: (socket) => identity.callerOf(socket),
    identify: (header, socket) => identity.identify(header, socket),
    stillKnows: (socket) => identity.stillKnows(socket),
    fault: () => fault,
    onChange: (changed) => void listeners.push(changed),
  };
}
