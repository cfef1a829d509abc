// What only a provider can say the outcome of, and what would cost: tried at a twin of the model
// proxy whose provider is a canary.

import type { TwinTable } from '../model.ts';
import { moneyAttacks } from './money.ts';
import { secretAttacks } from './secrets.ts';
import { borrowedAttacks, cacheAttacks, foreignAttacks } from './strangers.ts';

const kind = 'twin';

export const twinTables: readonly TwinTable[] = [
  {
    ...{ kind, class: 'llm-money', attacks: moneyAttacks },
    property: 'Nobody spends more than a budget, however many calls come at once.',
  },
  {
    ...{ kind, class: 'llm-secrets', attacks: secretAttacks },
    property: 'A secret of the stack reaches no provider, however it is written.',
  },
  {
    ...{ kind, class: 'llm-cache', attacks: cacheAttacks },
    property: "What was answered to one caller is no other's answer.",
  },
  {
    ...{ kind, class: 'llm-callers', attacks: borrowedAttacks },
    property: "A caller has its own key and that key's models.",
  },
  {
    ...{ kind, class: 'llm-foreign', attacks: foreignAttacks },
    property: "A provider hears of the stack's account, and of no other.",
  },
];
