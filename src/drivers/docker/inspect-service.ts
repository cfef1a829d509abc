// How a container was really made, read back from Docker, and what its processes are, from /proc.

import { inspectProcesses } from '../../host/inspect.ts';
import type { IngressListen } from '../../topology/model.ts';
import type { GroupLimits, InspectedContainer, Inspection } from '../driver.ts';
import { onceArrived } from './arriving.ts';
import type { DockerCli } from './docker-cli.ts';
import type { FoundContainer } from './found-container.ts';

export async function inspectService(
  docker: DockerCli,
  found: FoundContainer,
  state: string,
  isHere = true,
): Promise<Inspection> {
  const look = () => inspectProcesses(found.State.Pid, state);
  const inspected = isHere ? await onceArrived(look) : notHere;
  const published = publishedBy(found).map(placeText);
  return {
    ...inspected,
    // Where the groups are out of our sight, what Docker was told to set.
    groupLimits: inspected.groupLimits ?? toldLimits(found),
    worldListeners: [...inspected.worldListeners, ...published],
    container: await inspectContainer(docker, found),
  };
}

/** Of another machine's processes nothing is known here. */
const notHere: Inspection = {
  ...{ processes: [], worldListeners: [], worldConnections: [] },
  ...{ stateIdentity: null, groupLimits: null },
};

function toldLimits({ HostConfig }: FoundContainer): GroupLimits {
  const bound = (value: number | null | undefined) => ((value ?? 0) > 0 ? (value ?? null) : null);
  const { Memory, PidsLimit, NanoCpus } = HostConfig;
  const nanoCpus = bound(NanoCpus);
  return {
    memoryBytes: bound(Memory),
    processes: bound(PidsLimit),
    cpus: nanoCpus === null ? null : nanoCpus / 1e9,
  };
}

async function inspectContainer(
  docker: DockerCli,
  { Image, Config, HostConfig, NetworkSettings }: FoundContainer,
): Promise<InspectedContainer> {
  const networks = Object.entries(NetworkSettings.Networks ?? {});
  const ids = networks.map(([, { NetworkID }]) => NetworkID).filter((id) => id !== '');
  const details =
    ids.length === 0 ? [] : JSON.parse(await docker.ask(['network', 'inspect', ...ids]));
  const { NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode } = HostConfig;
  const shares = Object.entries({ NetworkMode, PidMode, IpcMode, UTSMode, UsernsMode })
    .filter(([, mode]) => mode === 'host' || mode.startsWith('container:'))
    .map(([kind, mode]) => `${kind} ${mode}`);
  return {
    image: Image,
    user: Config.User,
    readOnlyRoot: HostConfig.ReadonlyRootfs,
    privileged: HostConfig.Privileged,
    capabilitiesAdded: HostConfig.CapAdd ?? [],
    securityOptions: HostConfig.SecurityOpt ?? [],
    devices: (HostConfig.Devices ?? []).length,
    shares,
    resolvers: HostConfig.Dns ?? [],
    networks: networks.map(([name, { IPAddress, NetworkID }]) => {
      const detail = details.find(({ Id }: { Id: string }) => Id === NetworkID);
      const options = (detail?.Options ?? {}) as Record<string, string>;
      return {
        name: shortName(detail?.Labels, name),
        kind: String(detail?.Driver ?? ''),
        address: IPAddress,
        internal: detail?.Internal === true,
        options,
      };
    }),
  };
}

/** As the Compose file has it, without the project. */
function shortName(labels: Record<string, string> | undefined, name: string): string {
  return labels?.['com.docker.compose.network'] ?? name;
}

/** Where people get in: not on Docker's word for what it was asked, but for what it does. */
export function publishedBy({ HostConfig }: FoundContainer): IngressListen[] {
  return Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
    (bindings ?? []).map(({ HostIp, HostPort }) => ({
      host: HostIp === '' ? '0.0.0.0' : HostIp,
      port: Number(HostPort),
    })),
  );
}

export function placeText({ host, port }: IngressListen): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
