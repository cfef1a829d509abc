// The jails of the SSH sandbox: what the topology says of a sandbox's shape, for the driver.

import { edgeId, type Service } from '../topology/model.ts';
import { jailMaker, sandboxWorkspaceRoot } from '../topology/sandbox.ts';
import type { JailsPlan } from './model.ts';

const mebibyte = 1024 * 1024;
const filesMax = 4_096;
const fileBytesMax = 1_024 * mebibyte;
/** Beside the commands: their folders are measured in a jail, too. */
const measuringMax = 16;

export function jailsOf({ name, run }: Service): { readonly jails?: JailsPlan } {
  if (run.role !== 'sandbox') return {};
  const { rules, shape } = run;
  const { memoryBytesMax, cpusMax, processesMax } = shape;
  return {
    jails: {
      edge: edgeId(name, jailMaker, 'api'),
      scopes: rules.scopes,
      workspace: sandboxWorkspaceRoot,
      // The agent leaves a script in /tmp with one command and runs it with the next.
      tmpfs: shape.tmpfs.filter((path) => path !== '/tmp'),
      limits: { memoryBytesMax, cpusMax, processesMax, filesMax },
      fileBytesMax,
      jailsMax: rules.limits.commandsMax + measuringMax,
    },
  };
}
