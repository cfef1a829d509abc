// The table: medians, the slowest hundredth, and what a call costs the proxy's own process.

export interface Figures {
  readonly what: 'inspect' | 'exec';
  readonly name: string;
  /** In order. */
  readonly ms: readonly number[];
  readonly cpuMicroseconds: number | null;
}

/** Markdown; each median also as a part of the daemon's alone. */
export function table(
  figures: readonly Figures[],
  { inspects, execs }: { readonly inspects: number; readonly execs: number },
): string {
  const rows = figures.map(({ what, name, ms, cpuMicroseconds }) => {
    const direct = figures.find((one) => one.what === what && one.name === 'direct')?.ms ?? [];
    const cpu = cpuMicroseconds === null ? '' : `${cpuMicroseconds.toFixed(0)} µs`;
    const part = (at(ms, 0.5) / at(direct, 0.5)).toFixed(3);
    return [what, name, shown(at(ms, 0.5)), part, shown(at(ms, 0.99)), cpu];
  });
  const head = ['', '', 'p50', 'of direct', 'p99', 'CPU a call'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const said = `${inspects} inspects and ${execs} execs each, in turns, a connection for each.`;
  return `${said}\n\n${lines.join('\n')}\n`;
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

function shown(milliseconds: number): string {
  return `${milliseconds.toPrecision(3)} ms`;
}
