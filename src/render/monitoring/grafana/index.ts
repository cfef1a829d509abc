// Grafana, provisioned whole: where it asks, its dashboards, and that nobody looks unasked. See
// "Provision Grafana" and "Configure Grafana" in its documentation.

import type { Artefact } from '../artefact.ts';
import { yamlText } from '../artefact.ts';
import { monitorPorts } from '../prometheus.ts';
import { type Board, boardJson, datasource } from './board.ts';
import { egress } from './egress.ts';
import { isolation } from './isolation.ts';
import { money } from './money.ts';
import { overview } from './overview.ts';
import { sandboxes } from './sandboxes.ts';

/** Adding one is a file and a line here. */
export const boards: readonly Board[] = [overview, money, egress, sandboxes, isolation];

export const grafana: Artefact = ({ rules, at }) => {
  if (!rules.grafana) return [];
  const provisioning = 'grafana/provisioning';
  const source = {
    name: 'clincher',
    ...datasource,
    access: 'proxy',
    url: `http://127.0.0.1:${monitorPorts.prometheus}`,
    isDefault: true,
    editable: false,
    jsonData: { httpMethod: 'POST', timeInterval: `${rules.scrapeSeconds}s` },
  };
  const provider = {
    name: 'clincher',
    type: 'file',
    disableDeletion: true,
    allowUiUpdates: false,
    options: { path: `${at}/grafana/dashboards` },
  };
  return [
    { path: 'grafana/grafana.ini', content: ini(at) },
    {
      path: `${provisioning}/datasources/clincher.yaml`,
      content: yamlText({ apiVersion: 1, datasources: [source] }),
    },
    {
      path: `${provisioning}/dashboards/clincher.yaml`,
      content: yamlText({ apiVersion: 1, providers: [provider] }),
    },
    ...boards.map((board) => ({
      path: `grafana/dashboards/${board.id}.json`,
      content: boardJson(board),
    })),
  ];
};

/** It calls nobody and shows nobody anything before they have signed in. */
function ini(at: string): string {
  return `[paths]
provisioning = ${at}/grafana/provisioning

[server]
http_addr = 127.0.0.1

[auth.anonymous]
enabled = false

[users]
allow_sign_up = false

[security]
disable_gravatar = true
cookie_secure = true
strict_transport_security = true

[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false

[dashboards]
default_home_dashboard_path = ${at}/grafana/dashboards/overview.json
`;
}
