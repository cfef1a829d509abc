// What the egress commands print, whole: records in, words out.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pc from 'picocolors';
import { parseConfig } from '../../config/load.ts';
import { ClincherError } from '../../kit/error.ts';
import { egressRecord } from '../../roles/egress/record.ts';
import { goldenCases, goldenCasesAsync } from '../../testing/golden.ts';
import { standardTopology } from '../../topology/standard.ts';
import { readAsked } from './ask.ts';
import { egressIn, policyOf } from './declared.ts';
import { explainAddresses, explainHost, explanationLines } from './explain.ts';
import { showRecords } from './log.ts';
import { recordLines } from './record-text.ts';
import { suggestChange } from './suggest-change.ts';
import { suggestionNotes } from './suggest-text.ts';
import { topLines, topRows } from './top.ts';

const folder = (name: string) => new URL(`../../../cases/${name}/`, import.meta.url);
/** Whatever the terminal or the surroundings of the test say. */
const plain = pc.createColors(false);
const surroundings = { baseDir: '/nowhere', demo: false };

goldenCasesAsync(folder('egress-log'), async (input) => {
  const dir = mkdtempSync(join(tmpdir(), 'clincher-log-'));
  try {
    const file = join(dir, 'egress.log');
    writeFileSync(file, `${input}\n`);
    const lines: string[] = [];
    await showRecords({ stateDir: '', file, follow: false }, {}, 100, {
      record: (record) => lines.push(...recordLines(record, plain)),
      note: (text) => lines.push(`(${text})`),
    });
    return lines.join('\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

goldenCases(folder('egress-top'), (input) => {
  const [by = '', ...lines] = input.split('\n');
  const kind = by === 'host' ? by : 'caller';
  return topLines(topRows(recordsIn(lines), kind), kind).join('\n');
});

goldenCases(folder('egress-explain'), (input) => {
  const [text = '', questions = ''] = input.split('\n=====\n');
  const { rules } = egressIn(standardTopology(parseConfig(text, 'clincher.yaml', surroundings)));
  const policy = policyOf(rules);
  return questions
    .split('\n')
    .map((question) => {
      const [caller = '', host = '', ...answers] = question.split(' ');
      return refusalOr(() => {
        const explained = explainHost(policy, caller, readAsked(host));
        const resolved = answers.length === 0 || explained.verdict === 'deny';
        if (resolved) return explanationLines(explained, plain);
        const given = answers.filter((answer) => answer !== '-');
        return explanationLines(explainAddresses(policy, explained, given), plain);
      });
    })
    .join('\n');
});

goldenCases(folder('egress-suggest'), (input) => {
  const [text = '', lines = ''] = input.split('\n=====\n');
  const records = recordsIn(lines.split('\n'));
  const change = suggestChange(`${text}\n`, 'clincher.yaml', surroundings, records, records);
  return [change.diff, ...suggestionNotes(change)].join('\n').trim();
});

function recordsIn(lines: readonly string[]) {
  return lines.filter((line) => line !== '').map((line) => egressRecord.parse(JSON.parse(line)));
}

function refusalOr(work: () => readonly string[]): string {
  try {
    return work().join('\n');
  } catch (error) {
    if (error instanceof ClincherError) return error.format();
    throw error;
  }
}
