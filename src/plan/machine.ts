// What a plan needs to know of the machine it is for: where the things are that services get mounted.

export interface Machine {
  /** Our checkout or package: holds src/, node_modules/ and package.json. */
  readonly programRoot: string;
  /** The Node 24 binary. */
  readonly nodeBinary: string;
  /** The folder the agent was installed into: holds node_modules/openclaw and what it depends on. */
  readonly agentRoot: string;
}
