// `clincher verify --unattended`: as the stack itself runs it from time to time. Says what it found
// in its log, and what is worse than before as a warning.

import { exitCodes } from '../../kit/codes.ts';
import { createTelemetry } from '../../telemetry/telemetry.ts';
import { lineWriter } from '../line-writer.ts';
import { baseline, type VerifyFlags, verifyOnce } from './verify-stack.ts';

/** By this name the stack's own looks stand in `clincher logs`. */
const isolationLog = 'isolation';

const stdoutFd = 1;
/** The rest is in the report. */
const toldMax = 20;

/** Without the attacks: hundreds of refusals an hour would hide those that mean something. */
export async function verifyUnattended(flags: VerifyFlags, stateDir: string): Promise<number> {
  const lines = lineWriter(stdoutFd);
  const { log } = createTelemetry(isolationLog, 'verify', lines.write, Date.now, lines.fault);
  const before = await baseline({ ...flags, against: flags.against ?? 'last' }, stateDir);
  const { report, drift } = await verifyOnce({ ...flags, quick: true }, stateDir, before);
  const { counts, rows, durationMs } = report;
  log.info('isolation-checked', { tried: rows.length, differences: counts.difference, durationMs });
  const differs = rows.filter(({ verdict }) => verdict === 'difference').slice(0, toldMax);
  for (const { id, from, to, via, what, evidence, fix } of differs) {
    log.error('isolation-differs', { id, from, to, via, what, evidence, fix });
  }
  if (drift?.isWorse === true) {
    for (const sentence of drift.sentences.slice(0, toldMax)) {
      log.warn('isolation-worse', { since: drift.since, sentence });
    }
  }
  return report.exitCode === 0 && drift?.isWorse !== true ? exitCodes.fine : exitCodes.no;
}
