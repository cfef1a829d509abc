// Whose word a report is: that of this stack, of the one that was named, or nobody's.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { signed } from '../../testing/reports.ts';
import { tempDir } from '../../testing/temp-dir.ts';
import { judge } from '../../verify/judge.ts';
import { junitText } from '../../verify/junit.ts';
import { pageOf } from '../../verify/page/page.ts';
import { fingerprintOf, makeReportKey, publicKeyOf } from '../../verify/signature.ts';
import { reportKey, reportKeyName } from '../secrets/report-key.ts';
import { generatedStore } from '../secrets/stores.ts';
import { checkReport } from './check-report.ts';

const rows = [
  judge({
    ...{ from: 'gateway', to: 'llm', via: 'unix', what: '/sock', declared: null },
    ...{ observed: 'open', evidence: 'connected', fix: 'Restart llm.' },
  }),
];

async function stackWith(change: (page: string) => string = String) {
  const folder = tempDir();
  const key = await reportKey(generatedStore(folder.path));
  const report = signed(rows, key);
  const [page, json, xml] = ['r.html', 'r.json', 'r.xml'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string];
  writeFileSync(page, change(pageOf(report)));
  writeFileSync(json, change(JSON.stringify(report)));
  writeFileSync(xml, change(junitText(report)));
  return { folder, page, json, xml, key, state: folder.path };
}

test('a report of this stack is as signed, as a page, as JSON and as JUnit has it', async () => {
  const stack = await stackWith();
  using _folder = stack.folder;
  assert.equal(await checkReport(stack.page, stack.state, undefined), 0);
  assert.equal(await checkReport(stack.json, stack.state, undefined), 0);
  assert.equal(await checkReport(stack.xml, stack.state, undefined), 0);
});

test('a report of another stack is not, unless it was asked for by its fingerprint', async () => {
  const stack = await stackWith();
  using _folder = stack.folder;
  await generatedStore(stack.state).write(reportKeyName, makeReportKey());
  await assert.rejects(checkReport(stack.json, stack.state, undefined), { code: 'report-changed' });
  const fingerprint = fingerprintOf(publicKeyOf(stack.key));
  assert.equal(await checkReport(stack.json, stack.state, fingerprint.toUpperCase()), 0);
});

test('a change inside the report, or in what is around it, is refused', async () => {
  const changes: readonly ((text: string) => string)[] = [
    (text) => text.replace('"connected"', '"refused"'),
    (text) => text.replace(/One thing is not|failures="1"/g, 'Nothing is not'),
    (text) => `${text} `,
  ];
  for (const change of changes) {
    const stack = await stackWith(change);
    using _folder = stack.folder;
    for (const file of [stack.page, stack.xml]) {
      const refused = { code: 'report-changed' };
      await assert.rejects(checkReport(file, stack.state, undefined), refused);
    }
  }
});

test('where no stack has signed and nobody was named, nothing is believed', async () => {
  const stack = await stackWith();
  using _folder = stack.folder;
  await generatedStore(stack.state).remove(reportKeyName);
  await assert.rejects(checkReport(stack.json, stack.state, undefined), { code: 'usage' });
});

test('the key is made once', async () => {
  using folder = tempDir();
  const store = generatedStore(folder.path);
  const first = await reportKey(store);
  assert.equal((await reportKey(store)).reveal(), first.reveal());
});
