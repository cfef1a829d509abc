// Golden cases: a file with an input, a line of dashes and the expected output, compared as they
// are.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';

const dashes = '-'.repeat(10);

/**
 * One test per `.case` file of the folder. With WRITE_CASES=1 in the environment the expected part
 * is written anew instead, to be read in the difference before it is committed.
 */
export function goldenCases(folder: URL, run: (input: string) => string): void {
  goldenCasesAsync(folder, async (input) => run(input));
}

/** The same, for what reads or waits. */
export function goldenCasesAsync(folder: URL, run: (input: string) => Promise<string>): void {
  const files = readdirSync(folder).filter((file) => file.endsWith('.case'));
  test(`there are cases in ${folder.pathname.split('/').slice(-3, -1).join('/')}`, () => {
    assert.ok(files.length > 0);
  });
  for (const file of files) {
    test(`case ${file.replace('.case', '')}`, async () => {
      const path = new URL(file, folder);
      const text = readFileSync(path, 'utf8');
      const cut = text.indexOf(`\n${dashes}\n`);
      assert.ok(cut >= 0, `${file} has no line of ${dashes.length} dashes`);
      const input = text.slice(0, cut);
      const output = `${await run(input)}\n`;
      if (process.env.WRITE_CASES === '1') {
        writeFileSync(path, `${input}\n${dashes}\n${output}`);
      }
      assert.equal(output, readFileSync(path, 'utf8').slice(cut + dashes.length + 2));
    });
  }
}
