// `clincher verify --selftest`: does verification go red when it must?

import { type Shown, selftest } from '../../verify/selftest/selftest.ts';
import type { StackFlags } from '../flags.ts';
import { output } from '../output.ts';
import { openCopy } from './open-copy.ts';

/** Resolves to the exit code: 1 where a hole was not found, or the clean copy is not green. */
export async function runSelftest(flags: StackFlags & { readonly json?: boolean }) {
  await using copy = await openCopy(flags);
  const isJson = flags.json === true;
  const result = await selftest(copy, (shown) => {
    if (!isJson) output.line(shownLine(shown));
  });
  const { clean, shown, exitCode } = result;
  if (isJson) {
    output.json({
      ...{ version: 1, exitCode, clean },
      shown: shown.map(({ name, fired, missed }) => ({ name, fired, missed })),
    });
    return exitCode;
  }
  for (const { from, to, via, what, observed, evidence } of clean) {
    output.line(
      `  ✖ without any hole: ${from} -> ${to}, ${via} ${what}: ${observed} (${evidence})`,
    );
  }
  const found = shown.filter(({ missed }) => missed.length === 0).length;
  output.line('');
  output.line(
    exitCode === 0
      ? `Verification can fail: ${found} holes were planted in a copy of the stack, all were found.`
      : `Verification cannot be relied on: ${found} of ${shown.length} holes were found.`,
  );
  return exitCode;
}

function shownLine({ name, fired, missed }: Shown): string {
  const found = fired.length === 0 ? '' : `: found by ${fired.join(', ')}`;
  const lost = missed.length === 0 ? '' : `; NOT found by ${missed.join(', ')}`;
  return `  ${missed.length === 0 ? '✔' : '✖'} ${name}${found}${lost}`;
}
