// The programs of the monitoring host as a Compose file: each sees its own part of the bundle, and
// its own secrets. They find one another on the host's loopback, where nobody else can ask them.

import { images } from '../../topology/pins.ts';
import type { Artefact, MonitoringView } from './artefact.ts';
import { yamlText } from './artefact.ts';
import { monitorPorts, prometheusFlags } from './prometheus.ts';

export const compose: Artefact = (view) => {
  const { at } = view;
  const services = {
    prometheus: program(view, 'prometheus', images.prometheus, prometheusFlags(view)),
    alertmanager: program(view, 'alertmanager', images.alertmanager, [
      `--config.file=${at}/alertmanager/alertmanager.yml`,
      `--storage.path=${at}/data/alertmanager`,
      // Alone: nobody to share silences with.
      '--cluster.listen-address=',
    ]),
    blackbox: program(view, 'blackbox', images.blackbox, [
      `--config.file=${at}/blackbox/blackbox.yml`,
    ]),
  };
  return [{ path: 'compose.yaml', content: yamlText({ name: 'clincher-monitor', services }) }];
};

function program(
  { at }: MonitoringView,
  name: keyof typeof monitorPorts,
  image: string,
  flags: readonly string[],
) {
  const seen = (folder: string) => `${at}/${folder}:${at}/${folder}:ro`;
  return {
    image,
    command: [...flags, `--web.listen-address=127.0.0.1:${monitorPorts[name]}`],
    network_mode: 'host',
    // The bundle's secrets are for its owner alone; without a capability this is no other root.
    user: '0:0',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    restart: 'unless-stopped',
    volumes: [
      seen(name),
      seen(`secrets/${name}`),
      ...(name === 'blackbox' ? [] : [`${at}/data/${name}:${at}/data/${name}`]),
    ],
  };
}
