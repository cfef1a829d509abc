// The programs of the monitoring host as a Compose file: each sees its own part of the bundle, and
// its own secrets. They find one another on the host's loopback, where nobody else can ask them.

import type { Artefact, MonitoringView, MonitorProgram } from './artefact.ts';
import { yamlText } from './artefact.ts';
import { monitorPorts, prometheusFlags } from './prometheus.ts';

export const compose: Artefact = (view) => {
  const { images } = view.run;
  const names = Object.keys(programs) as MonitorProgram[];
  const services = names.flatMap((name) => {
    const image = images[name];
    return image === undefined ? [] : [[name, service(view, name, image)] as const];
  });
  const file = { name: 'clincher-monitor', services: Object.fromEntries(services) };
  return [{ path: 'compose.yaml', content: yamlText(file) }];
};

interface Program {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it collects something. */
  readonly keeps: boolean;
  /** Folders of the bundle. */
  readonly reads: readonly string[];
}

const listen = (name: MonitorProgram) =>
  `--web.listen-address=127.0.0.1:${monitorPorts[name]}` as const;

const programs: Readonly<Record<MonitorProgram, (view: MonitoringView) => Program>> = {
  prometheus: (view) => ({
    command: [...prometheusFlags(view), listen('prometheus')],
    keeps: true,
    reads: ['prometheus', 'secrets/prometheus'],
  }),
  alertmanager: ({ at, run }) => ({
    command: [
      `--config.file=${at}/alertmanager/alertmanager.yml`,
      `--storage.path=${run.data}/alertmanager`,
      // Alone: nobody to share silences with.
      '--cluster.listen-address=',
      listen('alertmanager'),
    ],
    keeps: true,
    reads: ['alertmanager', 'secrets/alertmanager'],
  }),
  blackbox: ({ at }) => ({
    command: [`--config.file=${at}/blackbox/blackbox.yml`, listen('blackbox')],
    keeps: false,
    reads: ['blackbox', 'secrets/blackbox'],
  }),
  /** Its image's own start reads these; the rest is in the file. */
  grafana: ({ at, run }) => ({
    environment: {
      GF_PATHS_CONFIG: `${at}/grafana/grafana.ini`,
      GF_PATHS_PROVISIONING: `${at}/grafana/provisioning`,
      GF_PATHS_DATA: `${run.data}/grafana`,
      GF_PATHS_LOGS: `${run.data}/grafana/log`,
      GF_PATHS_PLUGINS: `${run.data}/grafana/plugins`,
    },
    keeps: true,
    reads: ['grafana'],
  }),
  /** It has no files: `clincher kuma apply` tells it what to ask. */
  kuma: ({ run }) => ({
    environment: {
      UPTIME_KUMA_HOST: '127.0.0.1',
      UPTIME_KUMA_PORT: String(monitorPorts.kuma),
      UPTIME_KUMA_DB_TYPE: 'sqlite',
      DATA_DIR: `${run.data}/kuma/`,
    },
    keeps: true,
    reads: [],
  }),
  gatus: ({ at }) => ({
    environment: { GATUS_CONFIG_PATH: `${at}/gatus/config.yaml` },
    keeps: false,
    reads: ['gatus'],
  }),
};

function service(view: MonitoringView, name: MonitorProgram, image: string) {
  const { at, run } = view;
  const { command, environment, keeps, reads } = programs[name](view);
  return {
    image,
    ...(command === undefined ? {} : { command }),
    ...(environment === undefined ? {} : { environment }),
    network_mode: 'host',
    // Without a capability root is no other user, and reads what is its own alone.
    user: run.user,
    read_only: true,
    tmpfs: ['/tmp'],
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    // Docker starts no other again after it was killed itself.
    restart: 'always',
    volumes: [
      ...reads.map((folder) => `${at}/${folder}:${at}/${folder}:ro`),
      ...(keeps ? [`${run.data}/${name}:${run.data}/${name}`] : []),
    ],
  };
}
