// `clincher verify`: hands the declared stack and the running one to verification, and writes what
// it says in every form that was asked for, signed.

import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes } from '../../kit/codes.ts';
import { type Drift, driftLines, driftOf } from '../../verify/drift.ts';
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
import { requireSigned, trustedReport } from './check-report.ts';
import { keepReport, lastReport } from './kept-reports.ts';
import { toldSecrets } from './told-secrets.ts';

export interface VerifyFlags extends StackFlags {
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly junit?: string;
  readonly html?: string;
  /** `last`, or a file. */
  readonly against?: string;
  readonly signedBy?: string;
}

/** Resolves to the exit code: 1 on any difference, and where more is reached than before. */
export async function verifyStack(flags: VerifyFlags, stateDir: string): Promise<number> {
  const before = await baseline(flags, stateDir);
  const { report, drift } = await verifyOnce(flags, stateDir, before);
  await writeForms(report, flags);
  if (flags.json === true) output.json(drift === null ? report : { drift, report });
  else for (const line of reportLines(report, looks())) output.line(line);
  if (flags.json !== true && drift !== null)
    for (const line of driftLines(drift)) output.line(line);
  return report.exitCode === 0 && drift?.isWorse !== true ? exitCodes.fine : exitCodes.no;
}

/** One run, signed, kept and noted for metrics. */
export async function verifyOnce(
  flags: VerifyFlags,
  stateDir: string,
  before: SignedReport | null,
): Promise<{ readonly report: SignedReport; readonly drift: Drift | null }> {
  const { found, key } = await runVerification(flags, stateDir);
  const report = signReport(found, key);
  const drift = before === null ? null : driftOf(before, report);
  await keepReport(stateDir, report);
  await noteFacts(stateDir, 'verify', [
    { name: 'verifyTime', value: Math.floor(Date.parse(report.startedAt) / 1_000) },
    { name: 'verifySeconds', value: report.durationMs / 1_000 },
    { name: 'verifyRows', value: report.rows.length },
    { name: 'verifyDifferences', value: report.counts.difference },
    { name: 'verifyDrift', value: drift?.isWorse === true ? drift.sentences.length : 0 },
  ]);
  return { report, drift };
}

/** What it is compared with; null where nothing was asked for, or there is nothing yet. */
export async function baseline(
  { against, signedBy }: VerifyFlags,
  stateDir: string,
): Promise<SignedReport | null> {
  if (against === undefined) return null;
  if (against !== 'last') return trustedReport(against, stateDir, signedBy);
  const last = await lastReport(stateDir);
  if (last !== null) await requireSigned(last, 'the last report', stateDir);
  else output.note('There is no report yet to compare with; this one is kept.');
  return last;
}

async function runVerification(flags: VerifyFlags, stateDir: string) {
  const stack = await prepareStack(await rememberFlags(flags, stateDir), stateDir);
  await using driver = stack.driver;
  await requireRunning(driver, null);
  const key = await reportKey(generatedStore(stateDir));
  const missing = stack.secrets.missing.map(({ declaration }) => declaration.name);
  const told = await toldSecrets(stateDir, stack.plan, missing);
  const found = await verify(stack.declared.topology, stack.plan, driver, {
    // Nobody inside may hold what the stack's word is signed with.
    secrets: new Map([...stack.secrets.values, ...told, [reportKeyName, key]]),
    forbiddenPaths: [stateDir, configFileOf(flags)],
    stateDir,
    attacks: flags.quick !== true,
  });
  return { found, key };
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
