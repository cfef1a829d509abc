// The programs of the monitoring host as a Compose file: each sees its own part of the bundle, and
// its own secrets. They find one another on the host's loopback, where nobody else can ask them.

import type { Artefact, MonitoringView, MonitorProgram } from './artefact.ts';
import { yamlText } from './artefact.ts';
import { monitorPorts, prometheusFlags } from './prometheus.ts';

export const compose: Artefact = (view) => {
  const { at } = view;
  const services = {
    prometheus: program(view, 'prometheus', prometheusFlags(view)),
    alertmanager: program(view, 'alertmanager', [
      `--config.file=${at}/alertmanager/alertmanager.yml`,
      `--storage.path=${at}/data/alertmanager`,
      // Alone: nobody to share silences with.
      '--cluster.listen-address=',
    ]),
    blackbox: program(view, 'blackbox', [`--config.file=${at}/blackbox/blackbox.yml`]),
  };
  return [{ path: 'compose.yaml', content: yamlText({ name: 'clincher-monitor', services }) }];
};

function program({ at, run }: MonitoringView, name: MonitorProgram, flags: readonly string[]) {
  const seen = (folder: string) => `${at}/${folder}:${at}/${folder}:ro`;
  return {
    image: run.images[name],
    command: [...flags, `--web.listen-address=127.0.0.1:${monitorPorts[name]}`],
    network_mode: 'host',
    // Without a capability root is no other user, and reads what is its own alone.
    user: run.user,
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    // Docker starts no other again after it was killed itself.
    restart: 'always',
    volumes: [
      seen(name),
      seen(`secrets/${name}`),
      ...(name === 'blackbox' ? [] : [`${at}/data/${name}:${at}/data/${name}`]),
    ],
  };
}
