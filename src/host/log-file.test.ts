// Logs stay bounded, and nothing a service prints can harm who reads them.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { logBounds, openLogFile, splitLines } from './log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'clincher-test-'));
after(() => rmSync(folder, { recursive: true }));

test('a log keeps to twice its bound, whatever is written', () => {
  const path = join(folder, 'chatty.log');
  const log = openLogFile(path, { ...logBounds, fileBytesMax: 1_000 });
  for (let index = 0; index < 500; index += 1) log.write(`line ${index}`);
  log.close();
  assert.ok(statSync(path).size <= 1_000);
  assert.ok(statSync(`${path}.1`).size <= 1_000);
  assert.ok(!existsSync(`${path}.2`));
  assert.match(readFileSync(path, 'utf8'), /line 499\n$/);
  assert.deepEqual(log.tail().at(-1), 'line 499');
  assert.equal(log.tail().length, logBounds.tailLines);
});

test('lines that cannot be written are counted, and the tail has them all the same', () => {
  const log = openLogFile(join(folder, 'no/such/folder.log'));
  log.write('one');
  log.write('two');
  assert.deepEqual(log.lost(), { lines: 2, code: 'ENOENT' });
  assert.deepEqual(log.tail(), ['one', 'two']);
});

test('a line without an end is cut at the bound, and the rest of it dropped', async () => {
  const chunks = ['a'.repeat(7), 'a'.repeat(7), 'b\nnext\n', 'unfinished'];
  assert.deepEqual(await split(chunks, 10), ['aaaaaaaaaa [cut]', 'next', 'unfinished']);
});

test('nothing a service prints reaches a terminal as a control sequence', async () => {
  assert.deepEqual(await split(['\u001b[2J\u0007x\u009b1m\ttab\r\n'], 100), [
    '\\x1b[2J\\x07x\\x9b1m\ttab\\x0d',
  ]);
});

test('however output is cut into chunks, the lines are the same and none is longer than the bound', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\u001b', 'ü'), maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(60), { maxLength: 5 }), async (whole, cuts) => {
      const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b)];
      const chunks = at.map((from, index) => whole.slice(from, at[index + 1] ?? whole.length));
      const lines = await split(chunks, 8);
      assert.deepEqual(lines, await split([whole], 8));
      assert.ok(lines.every((line) => line.replaceAll('\\x1b', '_').length <= 8 + ' [cut]'.length));
    }),
    { numRuns: 200 },
  );
});

async function split(chunks: readonly string[], bound: number): Promise<string[]> {
  const lines: string[] = [];
  const stream = Readable.from(
    chunks.filter((chunk) => chunk !== '').map((chunk) => Buffer.from(chunk)),
  );
  splitLines(stream, bound, (line) => lines.push(line));
  await new Promise((resolve) => stream.once('close', resolve));
  return lines;
}
