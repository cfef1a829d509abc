// The table: the median of each figure over the rounds, and ours against the other.

export interface Sample {
  readonly name: string;
  readonly what: keyof typeof units;
  readonly value: number;
}

/** Each figure with its unit, and whether less of it is better. */
const units = {
  'cpu a new tunnel': ['µs', 'less'],
  'new tunnels a second': ['', 'more'],
  'CONNECT p50, 32 at a time': ['ms', 'less'],
  'CONNECT p99, 32 at a time': ['ms', 'less'],
  'CONNECT p50, one at a time': ['ms', 'less'],
  'cpu a gigabyte down, 1 tunnel': ['s', 'less'],
  'bytes a second down, 1 tunnel': ['MB/s', 'more'],
  'cpu a gigabyte down, 100 tunnels': ['s', 'less'],
  'bytes a second down, 100 tunnels': ['MB/s', 'more'],
  'cpu a gigabyte up, 1 tunnel': ['s', 'less'],
  'bytes a second up, 1 tunnel': ['MB/s', 'more'],
  'cpu a gigabyte up, 100 tunnels': ['s', 'less'],
  'bytes a second up, 100 tunnels': ['MB/s', 'more'],
  'memory before': ['MB', 'less'],
  'memory an idle tunnel': ['kB', 'less'],
} as const satisfies Record<string, readonly [string, 'less' | 'more']>;

export interface Bounds {
  readonly rounds: number;
  readonly tunnels: number;
  readonly bytes: number;
  readonly idle: number;
}

/** Markdown; the last column is ours divided by the other's. */
export function table(samples: readonly Sample[], bounds: Bounds): string {
  const names = [...new Set(samples.map((sample) => sample.name))].sort();
  const rows = Object.entries(units).flatMap(([what, [unit, better]]) => {
    const medians = names.map((name) =>
      median(samples.filter((one) => one.name === name && one.what === what)),
    );
    if (medians.some(Number.isNaN)) return [];
    const [ours = 0, other] = medians;
    const ratio = other === undefined ? [] : [`${(ours / other).toFixed(2)} (${better} is better)`];
    return [[what, ...medians.map((value) => `${shown(value)} ${unit}`.trim()), ...ratio]];
  });
  const head = ['', ...names, ...(names.length > 1 ? ['ratio'] : [])];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const { rounds, tunnels, bytes, idle } = bounds;
  const said =
    `Medians of ${rounds} interleaved rounds: ${tunnels} new tunnels, ${bytes / 1e6} MB ` +
    `through 1 and through 100, each way; then once ${idle} idle tunnels.`;
  return `${said}\n\n${lines.join('\n')}\n`;
}

function median(samples: readonly Sample[]): number {
  const values = samples.map((sample) => sample.value).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
