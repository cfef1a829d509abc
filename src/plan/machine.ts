// What a plan needs to know of the machine it is for. Our own program and Node are the driver's to
// bring.

import type { IngressProgram } from '../roles/ingress/settings.ts';
import type { ImageReference } from '../topology/own-images.ts';
import type { Cluster } from './cluster.ts';

export interface Machine {
  /**
   * The folder the agent was installed into: holds node_modules/openclaw and what it depends on.
   */
  readonly agentRoot: string;
  /** The folder that the runtime of models that are files was, or would be, installed into. */
  readonly onnxRoot: string;
  /** Where the programs are, or would be, that can do the work of the ingress. */
  readonly ingressPrograms: Readonly<Record<IngressProgram, string>>;
  /** The folder on the host that the agent keeps, by the name a program outside would use. */
  readonly agentState: string;
  /** Who the services run as, and own that folder. */
  readonly user: { readonly uid: number; readonly gid: number };
  /** Where containers run: the images that are there. */
  readonly containers?: MachineContainers | undefined;
  /** Where they are pods of a cluster. */
  readonly cluster?: Cluster | undefined;
}

export interface MachineContainers {
  readonly roles: ImageReference;
  /** The same with the agent on top. */
  readonly openclaw: ImageReference;
  /** The roles with the program that does the work of the ingress; absent: our own server does. */
  readonly ingress?: ImageReference | undefined;
  /** What sandboxes are made of where nothing else is said; its id is the one that Docker has. */
  readonly sandbox?: Pick<ImageReference, 'reference' | 'imageId'> | undefined;
  /** Group of the daemon's socket; null where it has none of its own. */
  readonly socketGroup: number | null;
}
