// What a plan needs to know of the machine it is for. Our own program and Node are the driver's to
// bring.

export interface Machine {
  /**
   * The folder the agent was installed into: holds node_modules/openclaw and what it depends on.
   */
  readonly agentRoot: string;
  /** The folder that the runtime of models that are files was, or would be, installed into. */
  readonly onnxRoot: string;
  /** The folder on the host that the agent keeps, by the name a program outside would use. */
  readonly agentState: string;
  /** Who runs the stack, and owns that folder. */
  readonly user: { readonly uid: number; readonly gid: number };
}
