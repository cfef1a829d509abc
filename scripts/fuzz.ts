// `npm run fuzz -- [N] [--seed S] [--target NAME] [--from I]`: N inputs over all targets, a million
// when it is not said. Ends with 1 at the first input that ends in neither a decision nor a
// declared error, and when the canary, which is broken on purpose, is not found.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { failureText, fuzz } from '../src/testing/fuzz/run.ts';
import { fuzzCanary, fuzzTargets } from '../src/testing/fuzz/targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: String(randomInt(1_000_000_000)) },
    target: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});
const inputs = Number(positionals[0] ?? 1_000_000);
const seed = Number(values.seed);
const first = Number(values.from);
const targets = fuzzTargets.filter(({ name }) => (values.target ?? name) === name);

process.exitCode = main();

function main(): number {
  if (![inputs, seed, first].every(Number.isSafeInteger) || targets.length === 0) {
    say(
      `npm run fuzz -- [N] [--seed S] [--target ${fuzzTargets.map(({ name }) => name).join('|')}]`,
    );
    return 2;
  }
  say(`seed ${seed}`);
  if (fuzz(fuzzCanary, seed, 100_000).failure === null) {
    say('the canary was not found: the fuzzer would find nothing');
    return 1;
  }
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
  let total = 0;
  for (const target of targets) {
    const startedMs = performance.now();
    const {
      inputs: done,
      outcomes,
      failure,
    } = fuzz(target, seed, Math.ceil((inputs * target.weight) / weights), first);
    total += done;
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    say(`${target.name}: ${done} inputs in ${seconds} s`);
    for (const [outcome, count] of [...outcomes].sort((a, b) => b[1] - a[1])) {
      say(`  ${String(count).padStart(8)}  ${outcome}`);
    }
    if (failure !== null) {
      say(failureText(failure));
      return 1;
    }
  }
  say(`${total} inputs, no failure; the canary was found`);
  return 0;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
