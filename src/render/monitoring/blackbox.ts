// What the blackbox exporter may be asked to do: one module for each set of statuses that is right.

import { localCa } from '../../topology/monitor-secrets.ts';
import type { Artefact, MonitoringView } from './artefact.ts';
import { secretPath, yamlText } from './artefact.ts';
import { type OutsideCheck, outsideChecks } from './checks.ts';

/** Source: blackbox_exporter's CONFIGURATION.md. */
export const blackbox: Artefact = (view) => {
  const modules = outsideChecks(view).map((check) => [
    moduleOf(check),
    httpModule(check, caFile(view)),
  ]);
  const content = yamlText({ modules: Object.fromEntries(modules) });
  return [{ path: 'blackbox/blackbox.yml', content }];
};

/** `http_401`: what Prometheus asks for by name. */
export function moduleOf({ statuses }: OutsideCheck): string {
  return `http_${statuses.join('_')}`;
}

/** Null where a public CA signed what people see. */
function caFile({ topology, at }: MonitoringView): string | null {
  const service = topology.services.find(({ name }) => name === 'blackbox');
  return service?.holds.includes(localCa) ? `${at}/${secretPath('blackbox', localCa)}` : null;
}

function httpModule({ statuses }: OutsideCheck, ca: string | null) {
  return {
    prober: 'http',
    timeout: '10s',
    http: {
      method: 'GET',
      valid_status_codes: statuses,
      follow_redirects: false,
      fail_if_not_ssl: true,
      ...(ca === null ? {} : { tls_config: { ca_file: ca } }),
    },
  };
}
