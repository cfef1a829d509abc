// The commands that one caller has had made in its containers. An exec id that is not here was
// made by somebody else, and does not exist for this caller; the number of those that are not
// over is bounded, and a place is taken before the daemon is asked.

export interface KnownExec {
  readonly id: string;
  /** The full id of the container it was checked for. */
  readonly container: string;
  readonly tty: boolean;
  /** In the container that the caller itself runs in. */
  readonly isOwn: boolean;
  /** By the monotonic clock. */
  readonly madeMs: number;
  state: 'made' | 'running' | 'over';
}

export interface ExecPlace {
  /** The daemon has made it. */
  filled(exec: Omit<KnownExec, 'state'>): void;
  /** The daemon has not. */
  left(): void;
}

/** Ids kept of commands that are over: clients ask for the exit code afterwards. */
const overMax = 1_024;

export class Execs {
  readonly #known = new Map<string, KnownExec>();
  readonly #max: number;
  #reserved = 0;

  constructor(max: number) {
    this.#max = max;
  }

  find(id: string): KnownExec | null {
    return this.#known.get(id) ?? null;
  }

  /** Null when there is no room; `ask` says of one that may be over whether it is. */
  async reserve(ask: (exec: KnownExec) => Promise<boolean>): Promise<ExecPlace | null> {
    if (this.#live() >= this.#max) {
      const open = [...this.#known.values()].filter(({ state }) => state !== 'over');
      for (const exec of open) if (await ask(exec)) exec.state = 'over';
    }
    // Nothing is awaited between the count and the place: two cannot take the last one.
    if (this.#live() >= this.#max) return null;
    this.#reserved += 1;
    let open = true;
    const leave = () => {
      if (open) this.#reserved -= 1;
      open = false;
    };
    return {
      filled: (exec) => {
        leave();
        this.#forgetOld();
        this.#known.set(exec.id, { ...exec, state: 'made' });
      },
      left: leave,
    };
  }

  forgetContainer(id: string): void {
    for (const exec of this.#known.values()) {
      if (exec.container === id) this.#known.delete(exec.id);
    }
  }

  #live(): number {
    let live = this.#reserved;
    for (const { state } of this.#known.values()) if (state !== 'over') live += 1;
    return live;
  }

  #forgetOld(): void {
    if (this.#known.size < this.#max + overMax) return;
    for (const { id, state } of this.#known.values()) {
      if (state !== 'over') continue;
      this.#known.delete(id);
      return;
    }
  }
}
