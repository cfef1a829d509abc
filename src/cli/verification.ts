// `clincher verify`: hands the declared stack and the running one to verification, prints what it
// says.

import { reportLines } from '../verify/matrix.ts';
import { verify } from '../verify/verify.ts';
import { noteFacts } from './facts.ts';
import { configFileOf, type StackFlags } from './flags.ts';
import { output } from './output.ts';
import { prepareStack, rememberFlags } from './prepared.ts';
import { requireRunning } from './running.ts';

/** Resolves to the exit code: 1 on any difference. */
export async function verifyStack(
  flags: StackFlags,
  stateDir: string,
  json: boolean,
): Promise<number> {
  const stack = await prepareStack(await rememberFlags(flags, stateDir), stateDir);
  await using driver = stack.driver;
  await requireRunning(driver, null);
  const report = await verify(stack.declared.topology, stack.plan, driver, {
    secrets: stack.secrets.values,
    forbiddenPaths: [stateDir, configFileOf(flags)],
  });
  await noteFacts(stateDir, 'verify', [
    { name: 'verifyTime', value: Math.floor(Date.now() / 1_000) },
    { name: 'verifyDifferences', value: report.counts.difference },
  ]);
  if (json) output.json(report);
  else for (const line of reportLines(report, output.isTerminal())) output.line(line);
  return report.exitCode;
}
