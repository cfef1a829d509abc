// `clincher verify`: hands the declared stack and the running one to verification, and writes what
// it says in every form that was asked for, signed.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Secret } from '../../kit/secret.ts';
import { junitText } from '../../verify/junit.ts';
import { reportLines } from '../../verify/matrix.ts';
import { pageOf } from '../../verify/page/page.ts';
import type { SignedReport } from '../../verify/report-schema.ts';
import { signReport } from '../../verify/signature.ts';
import { verify } from '../../verify/verify.ts';
import { readEnvironment } from '../env.ts';
import { noteFacts } from '../facts.ts';
import { configFileOf, type StackFlags } from '../flags.ts';
import { output } from '../output.ts';
import { prepareStack, rememberFlags } from '../prepared.ts';
import { requireRunning } from '../running.ts';
import { reportKey, reportKeyName } from '../secrets/report-key.ts';
import { generatedStore } from '../secrets/stores.ts';

export interface VerifyFlags extends StackFlags {
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  readonly html?: string;
}

/** Resolves to the exit code: 1 on any difference. */
export async function verifyStack(flags: VerifyFlags, stateDir: string): Promise<number> {
  const key = await reportKey(generatedStore(stateDir));
  const report = signReport(await runVerification(flags, stateDir, key), key);
  await noteFacts(stateDir, 'verify', [
    { name: 'verifyTime', value: Math.floor(Date.now() / 1_000) },
    { name: 'verifyDifferences', value: report.counts.difference },
  ]);
  await writeForms(report, flags);
  if (flags.json === true) output.json(report);
  else for (const line of reportLines(report, looks())) output.line(line);
  return report.exitCode;
}

async function runVerification(flags: VerifyFlags, stateDir: string, key: Secret) {
  const stack = await prepareStack(await rememberFlags(flags, stateDir), stateDir);
  await using driver = stack.driver;
  await requireRunning(driver, null);
  return await verify(stack.declared.topology, stack.plan, driver, {
    // Nobody inside may hold what the stack's word is signed with.
    secrets: new Map([...stack.secrets.values, [reportKeyName, key]]),
    forbiddenPaths: [stateDir, configFileOf(flags)],
    attacks: flags.quick !== true,
  });
}

async function writeForms(report: SignedReport, { junit, html }: VerifyFlags): Promise<void> {
  const write = (file: string, text: string) =>
    writeFile(resolve(readEnvironment().cwd, file), text, { mode: 0o600 });
  if (junit !== undefined) await write(junit, junitText(report));
  if (html !== undefined) await write(html, pageOf(report));
}

/** Into a pipe or a file nothing is broken: lines are for programs there. */
function looks() {
  const isTerminal = output.isTerminal();
  return { colour: isTerminal, columns: isTerminal ? output.columns() : Number.POSITIVE_INFINITY };
}
