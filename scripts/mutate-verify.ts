// `npm run mutate:verify`: takes out, one by one, what holds in drivers and guards, and demands
// that a test goes red. Works on a copy; what lives is named, and makes the exit code 1. With
// `--sample N` only so many of each family, chosen by `--seed`.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Family, families, withoutDifference } from './mutation/families.ts';
import { type Mutant, mutantsOf } from './mutation/mutants.ts';

const root = join(import.meta.dirname, '..');
const testTimeoutMs = 240_000;
const copied = ['src', 'cases', 'docs', 'scripts', 'package.json', 'tsconfig.json'];

/** `sample`: so many of each family, the same ones for the same seed; 0 for all. */
interface Choice {
  readonly wanted: readonly string[];
  readonly sample: number;
  readonly seed: string;
}

async function main({ wanted, sample, seed }: Choice): Promise<number> {
  const copy = mkdtempSync(join(tmpdir(), 'clincher-mutants-'));
  try {
    for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const chosen = families.filter(
      ({ name }) => wanted.length === 0 || wanted.some((each) => name.includes(each)),
    );
    let [found, tried] = [0, 0];
    for (const family of chosen) {
      const all = mutantsOf(family, copy).filter((one) => !(nameOf(one) in withoutDifference));
      const score = await campaign(family, copy, sampled(all, sample, seed));
      const among = score.tried < all.length ? `, a sample of ${all.length}` : '';
      say(`${family.name}: ${score.found} of ${score.tried}${among}`);
      found += score.found;
      tried += score.tried;
    }
    say(`${found} of ${tried} were noticed.`);
    return tried > 0 && found === tried ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function sampled(all: readonly Mutant[], sample: number, seed: string): readonly Mutant[] {
  if (sample === 0 || all.length <= sample) return all;
  const place = ({ file, line, before }: Mutant) =>
    createHash('sha256').update(`${seed} ${file} ${line} ${before}`).digest('hex');
  const order = all.map((one) => [place(one), one] as const);
  return order
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, sample)
    .map(([, one]) => one);
}

async function campaign(family: Family, copy: string, mutants: readonly Mutant[]) {
  const green = new Set<string>();
  let found = 0;
  for (const mutant of mutants) {
    const tests = family.tests(mutant.file);
    const key = tests.join(' ');
    // Red before anything is out would prove nothing.
    if (!green.has(key) && !(await passes(copy, tests))) throw new Error(`red as it is: ${key}`);
    green.add(key);
    writeFileSync(join(copy, mutant.file), mutant.text);
    const isNoticed = !(await passes(copy, tests));
    cpSync(join(root, mutant.file), join(copy, mutant.file));
    if (isNoticed) found += 1;
    else say(`  lives: ${mutant.file}:${mutant.line}: ${mutant.before}`);
  }
  return { found, tried: mutants.length };
}

function nameOf({ file, before }: Mutant): string {
  return `${file}: ${before}`;
}

function passes(copy: string, tests: readonly string[]): Promise<boolean> {
  // In one process: hundreds of mutants, and a start of Node for each file would be most of it.
  const child = spawn(process.execPath, ['--test', '--test-isolation=none', ...tests], {
    ...{ cwd: copy, stdio: 'ignore', timeout: testTimeoutMs, killSignal: 'SIGKILL' },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code === 0));
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const { values, positionals } = parseArgs({
  options: { sample: { type: 'string', default: '0' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
});
process.exitCode = await main({
  wanted: positionals,
  sample: Number(values.sample),
  seed: values.seed,
});
