// Virtual keys from the command line: made, shown without their value, changed, and gone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyBook } from '../../roles/llm/keys/key-book.ts';
import { walletBench } from '../../testing/wallets.ts';
import { changeKey, generateKey, listKeys, updateKey } from './change-keys.ts';
import { keyLines } from './key-text.ts';

test('a key is made, listed without its value, changed, renewed and deleted', () => {
  using at = walletBench();
  const flags = { config: 'x', ledger: at.stateDir };
  assert.deepEqual(keyLines(listKeys(flags)), [
    'there are no keys beside those declared in the configuration',
  ]);
  const terms = { alias: 'ci', model: ['opus'], budget: 2.5, per: '1d', rpm: 5 };
  const { value, json } = generateKey({ ...flags, ...terms });
  const hint = `sk-...${value.slice(-4)}`;
  const [head = '', line = ''] = keyLines(listKeys(flags));
  assert.match(head, /^key +alias {2}value +models {2}spent +budget +limits {2}state$/);
  assert.equal(line, `${json.name}  ci     ${hint}  opus    $0.0000  $2.5 per 1d  5 rpm   good`);
  assert.equal(line.includes(value), false);
  updateKey('ci', { ...flags, budget: 3 });
  changeKey('block', 'ci', flags);
  assert.match(keyLines(listKeys(flags))[1] ?? '', /\$3 per 1d {2}5 rpm {3}blocked/);
  const renewed = changeKey('regenerate', 'ci', flags);
  assert.notEqual(renewed.value, value);
  changeKey('delete', String(json.name), flags);
  using book = new KeyBook(at.stateDir);
  assert.deepEqual(book.all(), []);
});

test('what cannot be is said', () => {
  using at = walletBench();
  const flags = { config: 'x', ledger: at.stateDir };
  assert.throws(() => changeKey('block', 'nobody', flags), /there is no such key/);
  assert.throws(() => generateKey({ ...flags, per: 'monthly' }), /`budget_duration`/);
  assert.throws(() => listKeys({ config: 'x', ledger: '/nowhere' }), /no keys to be read/);
});
