// A started thing that can be asked how it is and be stopped.

export interface Health {
  /** Whether it can do its work now; dependants start only after this. */
  readonly ready: boolean;
  /** One sentence when it is not, or when it is degraded: what is missing and what to do. */
  readonly detail?: string;
}

export interface Running extends AsyncDisposable {
  health(): Health;
  /**
   * Rejects, never resolves, when it ended by itself and cannot go on: the process then leaves with
   * that error.
   */
  readonly failed?: Promise<never>;
}
