// A wallet with a clock of the test's own, over a ledger in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemWorld } from '../kit/world.ts';
import type { Claim, Route, Settlement } from '../roles/llm/money/claim.ts';
import type { BudgetRule, Rules } from '../roles/llm/money/rules.ts';
import { LedgerWallet, type WalletSettings } from '../roles/llm/money/wallet.ts';
import { createLog } from '../telemetry/log.ts';

export interface WalletBench extends Disposable {
  /** Both clocks; a test that steps one alone says so. */
  readonly clock: { wallMs: number; monotonicMs: number };
  readonly stateDir: string;
  readonly lines: string[];
  pass(ms: number): void;
  open(rules?: Partial<Rules>, settings?: Partial<WalletSettings>): LedgerWallet;
}

export const noon = Date.UTC(2026, 10, 22, 12);
export const dayMs = 86_400_000;

export function walletBench(): WalletBench {
  const stateDir = mkdtempSync(join(tmpdir(), 'clincher-wallet-'));
  const clock = { wallMs: noon, monotonicMs: 1_000 };
  const lines: string[] = [];
  const now = () => clock.wallMs;
  const log = createLog({}, (line) => lines.push(line), now);
  const world = { ...systemWorld(), now, monotonicMs: () => clock.monotonicMs };
  return {
    clock,
    stateDir,
    lines,
    pass(ms) {
      clock.wallMs += ms;
      clock.monotonicMs += ms;
    },
    open(rules = {}, settings = {}) {
      const all = { budgets: [budget(100)], rates: [], ...rules };
      const where = { stateDir, ledgerBytesMax: 1e7, ...settings };
      return new LedgerWallet(where, () => all, world, log);
    },
    [Symbol.dispose]: () => rmSync(stateDir, { recursive: true, force: true }),
  };
}

export function budget(limitNanoUsd: number, changes: Partial<BudgetRule> = {}): BudgetRule {
  const rule = { by: 'all', name: null, window: 'day', limitNanoUsd, at: '', ...changes } as const;
  return { id: `${rule.by} ${rule.name} ${JSON.stringify(rule.window)}`, ...rule };
}

export function route(nanoUsd: number, provider = 'p', model = 'm'): Route {
  return { provider, model, deployment: `${model}-1`, nanoUsd };
}

export function claim(nanoUsd: number, changes: Partial<Claim> = {}): Claim {
  return {
    ...{ requestId: 'r', caller: 'gateway', key: 'agent', session: null, heartbeat: false },
    ...{ model: 'm', routes: [route(nanoUsd)], tokens: 10, again: false },
    ...changes,
  };
}

export function settlement(nanoUsd: number, changes: Partial<Settlement> = {}): Settlement {
  const { provider, model, deployment } = route(0);
  const taken = { provider, model, deployment };
  return { nanoUsd, how: 'counted', usage: null, route: taken, savedNanoUsd: 0, ...changes };
}
