// The outside checks as Gatus reads them, for who would rather have its page than Uptime Kuma's.

import type { Artefact } from './artefact.ts';
import { yamlText } from './artefact.ts';
import { certificateDaysLeft, outsideChecks } from './checks.ts';
import { monitorPorts } from './prometheus.ts';

/** Source: Gatus, README: endpoints and their conditions. */
export const gatus: Artefact = (view) => {
  const endpoints = outsideChecks(view).map(({ id, name, url, statuses, everySeconds }) => ({
    name,
    group: id,
    url,
    interval: `${everySeconds}s`,
    client: { 'ignore-redirect': true, timeout: '10s' },
    conditions: [
      `[STATUS] == any(${statuses.join(', ')})`,
      `[CERTIFICATE_EXPIRATION] > ${certificateDaysLeft * 24}h`,
    ],
  }));
  const web = { address: '127.0.0.1', port: monitorPorts.gatus };
  const config = { web, metrics: true, storage: { type: 'memory' }, endpoints };
  return [{ path: 'gatus/config.yaml', content: yamlText(config) }];
};
