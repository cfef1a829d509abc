// The tables of attacks hold together: distinct, named, each with a property, and nothing in them
// that a guard could be led to outside this machine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attackTables } from './index.ts';

const rows = attackTables.flatMap((table) =>
  table.attacks.map((attack) => ({ ...table, tries: attack.tries })),
);

/** RFC 2606 and RFC 6761, what is a single label, what only this machine knows, no such end. */
const reserved =
  /(^|\.)(example|example\.com|invalid|test|localhost|localdomain|internal|comm)$|^[^.]*$/;

test('there are hundreds of attacks, and no two of a class are named the same', () => {
  const names = rows.map((row) => `${row.class}: ${row.tries}`);
  assert.deepEqual([...new Set(names)], names);
  assert.ok(names.length >= 750, String(names.length));
  assert.ok(attackTables.every(({ property }) => /^[A-Z].*\.$/.test(property)));
});

test('every host that a guard is asked for is reserved, this machine, or of documentation', () => {
  const wire = attackTables.flatMap((table) => (table.kind === 'wire' ? table.attacks : []));
  const asked = wire.flatMap(({ bytes }) => {
    const names = bytes.matchAll(/\b(?:CONNECT |https?:\/\/|ftp:\/\/)([A-Za-z0-9._-]+)/gi);
    return [...names].map(([, name = '']) => name.toLowerCase().replace(/\.+$/, ''));
  });
  const isAddress = (name: string) => /^[0-9a-fx.]+$/.test(name);
  const foreign = asked.filter((name) => !isAddress(name) && !reserved.test(name));
  assert.deepEqual(
    foreign.filter((name) => !/^(api|ap|pi|xn--|exam)/.test(name)),
    [],
  );
});

test('every address in them is this machine, private, metadata or of documentation', () => {
  const wire = attackTables.flatMap((table) => (table.kind === 'wire' ? table.attacks : []));
  const addresses = wire.flatMap(
    ({ bytes }) => bytes.match(/\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b/g) ?? [],
  );
  const harmless = /^(0|10|127|255|256|192\.0\.2|198\.51\.100|203\.0\.113|169\.254)\./;
  assert.deepEqual(
    addresses.filter((address) => !harmless.test(address)),
    [],
  );
});
