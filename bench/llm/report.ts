// The tables: medians over the rounds, a column for each contender.

export interface Sample {
  readonly name: string;
  readonly kind: string;
  readonly what: keyof typeof units;
  readonly value: number;
}

const units = {
  'CPU a request': 'µs',
  'p50, one at a time': 'ms',
  'p99, one at a time': 'ms',
  'first byte p50, one at a time': 'ms',
  'requests a second, 32 at a time': '',
  'p99, 32 at a time': 'ms',
  'ready after': 'ms',
  'memory before': 'MB',
  'memory after': 'MB',
} as const;

/** Markdown, a table for each kind of request. */
export function tables(samples: readonly Sample[], names: readonly string[]): string {
  const kinds = [...new Set(samples.map(({ kind }) => kind))];
  return kinds.map((kind) => `### ${kind}\n\n${table(samples, names, kind)}`).join('\n');
}

function table(samples: readonly Sample[], names: readonly string[], kind: string): string {
  const rows = Object.entries(units).flatMap(([what, unit]) => {
    const cells = names.map((name) =>
      median(samples.filter((one) => one.name === name && one.kind === kind && one.what === what)),
    );
    if (cells.every(Number.isNaN)) return [];
    return [
      [
        what,
        ...cells.map((value) => (Number.isNaN(value) ? '' : `${shown(value)} ${unit}`.trim())),
      ],
    ];
  });
  const lines = [['', ...names], ['---', ...names.map(() => '---')], ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function median(samples: readonly Sample[]): number {
  const values = samples.map((sample) => sample.value).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
