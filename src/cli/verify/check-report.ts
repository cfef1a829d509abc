// `clincher verify --check-report`: is this report the word of this stack, to the last byte?

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exitCodes } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import { junitText, reportInJunit } from '../../verify/junit.ts';
import { summary } from '../../verify/matrix.ts';
import { pageOf, reportIn } from '../../verify/page/page.ts';
import { readReport, type SignedReport } from '../../verify/report-schema.ts';
import { fingerprintOf, isAsSigned } from '../../verify/signature.ts';
import { readEnvironment } from '../env.ts';
import { output } from '../output.ts';
import { knownReportKey } from '../secrets/report-key.ts';
import { generatedStore } from '../secrets/stores.ts';

export async function checkReport(
  name: string,
  stateDir: string,
  signer: string | undefined,
): Promise<number> {
  const report = await trustedReport(name, stateDir, signer);
  say(report, fingerprintOf(report.signature.publicKey));
  return exitCodes.fine;
}

/**
 * From JSON, a page, or JUnit's XML. `signer` is a fingerprint to expect in place of this stack's
 * own.
 * @throws ClincherError `report-invalid`, `report-changed`; `usage` where nobody is expected
 */
export async function trustedReport(
  name: string,
  stateDir: string,
  signer: string | undefined,
): Promise<SignedReport> {
  const text = await readText(name);
  const form = formOf(text);
  const report = form === null ? readReport(text, name) : form.read(text, name);
  await requireSigned(report, name, stateDir, signer);
  // What is read is the form: the report inside it being whole says nothing of what is around it.
  if (form !== null && form.make(report) !== text) {
    throw changed(name, 'the report in it is as signed, and what is around it is another');
  }
  return report;
}

/** Null for JSON. */
function formOf(text: string) {
  if (text.trimStart().startsWith('{')) return null;
  if (text.startsWith('<?xml')) return { read: reportInJunit, make: junitText };
  return { read: reportIn, make: pageOf };
}

/** @throws ClincherError `report-changed`; `usage` where nobody is expected */
export async function requireSigned(
  report: SignedReport,
  name: string,
  stateDir: string,
  signer?: string,
): Promise<void> {
  if (!isAsSigned(report)) throw changed(name, 'it is not as it was signed');
  const expected = signer ?? (await ownFingerprint(stateDir));
  const found = fingerprintOf(report.signature.publicKey);
  if (plain(found) === plain(expected)) return;
  throw changed(name, `it is signed by ${found}, and not by ${expected}`);
}

async function readText(name: string): Promise<string> {
  try {
    return await readFile(resolve(readEnvironment().cwd, name), 'utf8');
  } catch (cause) {
    const message = `${name} cannot be read: ${(cause as Error).message}`;
    throw new ClincherError('report-invalid', message, { cause });
  }
}

async function ownFingerprint(stateDir: string): Promise<string> {
  const key = await knownReportKey(generatedStore(stateDir));
  if (key !== null) return fingerprintOf(key);
  throw new ClincherError('usage', `no stack here has signed a report yet: ${stateDir}`, {
    fix: 'Say whose it should be: --signed-by FINGERPRINT, as "clincher verify" of that stack prints it.',
  });
}

function plain(fingerprint: string): string {
  return fingerprint.replaceAll(/\s/g, '').toLowerCase();
}

function changed(name: string, why: string): ClincherError {
  return new ClincherError('report-changed', `${name}: ${why}`, {
    fix: 'Ask for it again from whoever made it; a page, or JUnit XML, must be of the same version of clincher.',
  });
}

function say(report: SignedReport, fingerprint: string): void {
  output.line(`As signed by ${fingerprint}, at ${report.startedAt}, of the topology`);
  output.line(`${report.topologyHash}.`);
  output.line(summary(report));
}
