// The promises about money, as a check of the ledger against the invoice: nothing spent beyond a
// budget, nothing billed without a row, every counted call the same to the nano-dollar.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BillingProvider, InvoiceLine } from './billing-provider.ts';
import type { ProvedProcess } from './proved-process.ts';

export interface Proof {
  readonly url: string;
  readonly masterKey: string;
  readonly stateDir: string;
  readonly process: ProvedProcess;
  readonly providers: readonly BillingProvider[];
  readonly limits: {
    readonly all: number;
    readonly session: number;
    readonly providers: Readonly<Record<string, number>>;
  };
}

export interface History {
  /** Of the requests (`NAME-1`, ...) and of the session. */
  readonly name: string;
  readonly key: string;
  readonly limitNanoUsd: number;
}

interface SettledRow {
  readonly requestId: string;
  readonly nanoUsd: number;
  readonly how: string;
  readonly provider: string | null;
}

const settledMs = 5_000;

export async function checkHistory(proof: Proof, history: History): Promise<void> {
  const { name, key, limitNanoUsd } = history;
  using ledger = new DatabaseSync(join(proof.stateDir, 'ledger.sqlite'), { readOnly: true });
  await quiet(ledger);
  const rows = rowsOf(ledger, key);
  const invoice = proof.providers
    .flatMap((provider) => provider.invoice)
    .filter(({ requestId }) => requestId.startsWith(`${name}-`));
  compareCalls(rows, invoice);
  const spent = sum(rows);
  const billed = sum(invoice);
  assert.ok(spent <= limitNanoUsd, `the key spent ${spent} of ${limitNanoUsd}`);
  assert.ok(billed <= limitNanoUsd, `${billed} was billed under a key with ${limitNanoUsd}`);
  assert.ok(spent <= proof.limits.session, `the session spent ${spent}`);
}

/** Of everything since the ledger began. */
export function checkAll(proof: Proof): { spent: number; billed: number; exact: number } {
  using ledger = new DatabaseSync(join(proof.stateDir, 'ledger.sqlite'), { readOnly: true });
  const rows = rowsOf(ledger, null);
  const invoice = proof.providers.flatMap((provider) => provider.invoice);
  const exact = compareCalls(rows, invoice);
  const [spent, billed] = [sum(rows), sum(invoice)];
  assert.ok(spent <= proof.limits.all, `${spent} was spent of ${proof.limits.all}`);
  assert.ok(billed <= proof.limits.all, `${billed} was billed of ${proof.limits.all}`);
  for (const [provider, limit] of Object.entries(proof.limits.providers)) {
    const there = sum(invoice.filter((line) => line.provider === provider));
    assert.ok(there <= limit, `${there} was billed by ${provider}, which had ${limit}`);
  }
  const sound = ledger.prepare('PRAGMA integrity_check').get();
  assert.equal(sound?.integrity_check, 'ok');
  return { spent, billed, exact };
}

/** Rows of settlements wait for nobody, so they may be a moment late. */
async function quiet(ledger: DatabaseSync): Promise<void> {
  const open = ledger.prepare(
    `SELECT COUNT(*) AS count FROM entries r WHERE kind = 'reserve' AND NOT EXISTS
     (SELECT 1 FROM entries s WHERE s.kind = 'settle' AND s.reserve_seq = r.seq)`,
  );
  const until = performance.now() + settledMs;
  while (Number(open.get()?.count) > 0) {
    assert.ok(performance.now() < until, 'a reservation was never settled');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function rowsOf(ledger: DatabaseSync, key: string | null): readonly SettledRow[] {
  const text = `SELECT request_id AS requestId, nano_usd AS nanoUsd, how, provider FROM entries
    WHERE kind = 'settle' AND (? IS NULL OR key = ?)`;
  return ledger.prepare(text).all(key, key) as unknown as SettledRow[];
}

/** How many calls came out the same to the nano-dollar; every one must have come to enough. */
function compareCalls(rows: readonly SettledRow[], invoice: readonly InvoiceLine[]): number {
  const settled = Map.groupBy(rows, ({ requestId }) => requestId);
  const billed = Map.groupBy(invoice, ({ requestId }) => requestId);
  let exact = 0;
  for (const [requestId, lines] of billed) {
    const own = settled.get(requestId) ?? [];
    assert.ok(own.length > 0, `${requestId} was billed and has no row: ${JSON.stringify(lines)}`);
  }
  for (const [requestId, own] of settled) {
    const lines = billed.get(requestId) ?? [];
    const [spent, due] = [sum(own), sum(lines)];
    const told = `${requestId}: ${spent} in the ledger, ${due} on the invoice`;
    const detail = `${told}\n${JSON.stringify(own)}\n${JSON.stringify(lines)}`;
    assert.ok(spent >= due, `too little: ${detail}`);
    const counted = own.every(({ how }) => ['counted', 'refused', 'unsent'].includes(how));
    if (counted) assert.equal(spent, due, `not the same: ${detail}`);
    if (spent === due) exact += 1;
  }
  return exact;
}

function sum(lines: readonly { readonly nanoUsd: number }[]): number {
  return lines.reduce((total, { nanoUsd }) => total + nanoUsd, 0);
}
