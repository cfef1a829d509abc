// What the blackbox exporter may be asked to do: one module for each set of statuses that is right.

import type { Artefact } from './artefact.ts';
import { yamlText } from './artefact.ts';
import { type OutsideCheck, outsideChecks } from './checks.ts';

/** Source: blackbox_exporter's CONFIGURATION.md. */
export const blackbox: Artefact = (view) => {
  const modules = outsideChecks(view).map((check) => [moduleOf(check), httpModule(check)]);
  const content = yamlText({ modules: Object.fromEntries(modules) });
  return [{ path: 'blackbox/blackbox.yml', content }];
};

/** `http_401`: what Prometheus asks for by name. */
export function moduleOf({ statuses }: OutsideCheck): string {
  return `http_${statuses.join('_')}`;
}

function httpModule({ statuses }: OutsideCheck) {
  return {
    prober: 'http',
    timeout: '10s',
    http: {
      method: 'GET',
      valid_status_codes: statuses,
      follow_redirects: false,
      fail_if_not_ssl: true,
    },
  };
}
