// The promises about money, as a check of the ledger against the invoice: nothing spent beyond a
// budget, nothing billed without a row, every counted call the same to the nano-dollar.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestRedis } from '../redis-server.ts';
import type { BillingProvider, InvoiceLine } from './billing-provider.ts';
import type { ProvedProcess } from './proved-process.ts';

export interface Instance {
  readonly url: string;
  readonly stateDir: string;
  readonly process: ProvedProcess;
}

export interface Proof {
  readonly instances: readonly [Instance, ...Instance[]];
  /** Between the instances; null where there is one. */
  readonly redis: TestRedis | null;
  readonly masterKey: string;
  /** Where keys cannot be made, since each instance has its own: the declared one. */
  readonly key: string;
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
  /** That was made for it, with its budget; null where there is none. */
  readonly key: { readonly name: string; readonly limitNanoUsd: number } | null;
}

interface SettledRow {
  readonly requestId: string;
  readonly nanoUsd: number;
  readonly how: string;
  readonly provider: string | null;
  readonly key: string;
}

const settledMs = 60_000;

export async function checkHistory(proof: Proof, { name, key }: History): Promise<void> {
  const rows: SettledRow[] = [];
  for (const { stateDir } of proof.instances) {
    using ledger = openLedger(stateDir);
    await quiet(ledger);
    rows.push(...rowsOf(ledger, 'session', name));
  }
  const invoice = proof.providers
    .flatMap((provider) => provider.invoice)
    .filter(({ requestId }) => requestId.startsWith(`${name}-`));
  compareCalls(rows, invoice);
  const [spent, billed] = [sum(rows), sum(invoice)];
  const limit = Math.min(proof.limits.session, key?.limitNanoUsd ?? Number.POSITIVE_INFINITY);
  assert.ok(spent <= limit, `the session spent ${spent} of ${limit}`);
  assert.ok(billed <= limit, `${billed} was billed to a session with ${limit}`);
  assert.ok(
    rows.every((row) => key === null || row.key === key.name),
    'another key was charged',
  );
}

/** Of everything since the ledgers began. */
export function checkAll(proof: Proof): { spent: number; billed: number; exact: number } {
  const rows: SettledRow[] = [];
  for (const { stateDir } of proof.instances) {
    using ledger = openLedger(stateDir);
    rows.push(...rowsOf(ledger, null, null));
    checkSums(ledger);
    const sound = ledger.prepare('PRAGMA integrity_check').get();
    assert.equal(sound?.integrity_check, 'ok');
  }
  const invoice = proof.providers.flatMap((provider) => provider.invoice);
  const exact = compareCalls(rows, invoice);
  const [spent, billed] = [sum(rows), sum(invoice)];
  assert.ok(spent <= proof.limits.all, `${spent} was spent of ${proof.limits.all}`);
  assert.ok(billed <= proof.limits.all, `${billed} was billed of ${proof.limits.all}`);
  for (const [provider, limit] of Object.entries(proof.limits.providers)) {
    const there = sum(invoice.filter((line) => line.provider === provider));
    assert.ok(there <= limit, `${there} was billed by ${provider}, which had ${limit}`);
  }
  return { spent, billed, exact };
}

/** The sums that a start goes by are those of the rows that they were made of. */
function checkSums(ledger: DatabaseSync): void {
  const differ = ledger
    .prepare(`
      WITH until AS (SELECT until_seq FROM summed), plain AS (
        SELECT session AS subject, SUM(nano_usd) AS spent FROM entries, until
        WHERE kind = 'settle' AND seq <= until_seq AND nano_usd > 0 GROUP BY 1
      ), summed_up AS (
        SELECT subject, width_ms, SUM(nano_usd) AS spent FROM sums
        WHERE scope = 'session' GROUP BY 1, 2
      )
      SELECT COUNT(*) AS count, (SELECT COUNT(*) FROM plain) * 3 AS wanted,
        SUM(plain.spent = summed_up.spent) AS same
      FROM plain JOIN summed_up USING (subject)`)
    .get();
  assert.equal(differ?.count, differ?.wanted, 'a sum is missing');
  assert.equal(differ?.same ?? 0, differ?.wanted, 'a sum is not that of its rows');
}

function openLedger(stateDir: string): DatabaseSync {
  return new DatabaseSync(join(stateDir, 'ledger.sqlite'), { readOnly: true });
}

/** Rows of settlements wait for nobody, so they may be a moment late. */
async function quiet(ledger: DatabaseSync): Promise<void> {
  const open = ledger.prepare(
    `SELECT request_id AS id FROM entries r WHERE kind = 'reserve' AND NOT EXISTS
     (SELECT 1 FROM entries s WHERE s.kind = 'settle' AND s.reserve_seq = r.seq)`,
  );
  const until = performance.now() + settledMs;
  for (let left = open.all(); left.length > 0; left = open.all()) {
    const ids = left.map(({ id }) => id).join();
    assert.ok(performance.now() < until, `never settled: ${ids}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function rowsOf(
  ledger: DatabaseSync,
  by: 'session' | null,
  name: string | null,
): readonly SettledRow[] {
  const text = `SELECT request_id AS requestId, nano_usd AS nanoUsd, how, provider, key FROM entries
    WHERE kind = 'settle' AND (? IS NULL OR session = ?)`;
  return ledger.prepare(text).all(by, name) as unknown as SettledRow[];
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
