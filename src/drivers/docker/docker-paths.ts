// Where the Docker driver keeps things below the state directory: the Compose file, beside it what
// each service was told, and what is left of a service that did not come up.

import { join, relative } from 'node:path';
import { hostPaths } from '../../host/host-paths.ts';
import { stackName } from '../../plan/stack-id.ts';

export interface DockerPaths {
  readonly folder: string;
  readonly composeFile: string;
  readonly topologyHash: string;
  /** Of one start: settings.json, secrets/, files/ and the plan that it was made from. */
  told(service: string, bundle: string): string;
  toldFolder(service: string): string;
  /** As the Compose file names it. */
  inFile(path: string): string;
  failed(service: string): string;
}

export function dockerPaths(stateDir: string): DockerPaths {
  const folder = join(stateDir, 'docker');
  const toldFolder = (service: string) => join(folder, 'services', service);
  return {
    folder,
    composeFile: join(folder, 'compose.yaml'),
    topologyHash: join(folder, 'topology-hash'),
    told: (service, bundle) => join(toldFolder(service), bundle),
    toldFolder,
    inFile: (path) => {
      const from = relative(folder, path);
      return from.startsWith('.') ? from : `./${from}`;
    },
    failed: (service) => join(folder, 'failed', service),
  };
}

/** The project's name: the same for the same state directory, and another's for another. */
export function projectName(stateDir: string): string {
  return stackName({ agentState: hostPaths(stateDir).state('gateway') });
}
