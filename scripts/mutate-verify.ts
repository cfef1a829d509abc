// `npm run mutate:verify`: takes out, one by one, what holds in drivers and guards, and demands
// that a test goes red. Works on a copy; what lives is named, and makes the exit code 1.

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Family, families, withoutDifference } from './mutation/families.ts';
import { type Mutant, mutantsOf } from './mutation/mutants.ts';

const root = join(import.meta.dirname, '..');
const testTimeoutMs = 240_000;
const copied = ['src', 'cases', 'docs', 'scripts', 'package.json', 'tsconfig.json'];

async function main(wanted: readonly string[]): Promise<number> {
  const copy = mkdtempSync(join(tmpdir(), 'clincher-mutants-'));
  try {
    for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const chosen = families.filter(
      ({ name }) => wanted.length === 0 || wanted.some((each) => name.includes(each)),
    );
    let [found, all] = [0, 0];
    for (const family of chosen) {
      const score = await campaign(family, copy);
      say(`${family.name}: ${score.found} of ${score.all}`);
      found += score.found;
      all += score.all;
    }
    say(`${found} of ${all} were noticed.`);
    return all > 0 && found === all ? 0 : 1;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function campaign(family: Family, copy: string): Promise<{ found: number; all: number }> {
  const mutants = mutantsOf(family, copy).filter((one) => !(nameOf(one) in withoutDifference));
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
  return { found, all: mutants.length };
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

process.exitCode = await main(process.argv.slice(2));
