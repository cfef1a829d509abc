// Settings of a model proxy that counts no money, looks for no secrets, knows no caller from
// another and keeps answers for everybody: told so, a twin lets all of its attacks succeed.

import { strangersAccount, type TwinSettings } from '../twin-attacks.ts';

export function heldBackNothing(settings: TwinSettings) {
  const keys = settings.keys as readonly { readonly name: string }[];
  const models = settings.models as readonly { readonly deployments: readonly object[] }[];
  const headers = { 'x-leak': strangersAccount };
  return {
    ...settings,
    budgets: [{ limitNanoUsd: Number.MAX_SAFE_INTEGER, window: 'total' }],
    guards: { secrets: 'off' },
    cache: { mode: 'exact', share: 'everyone' },
    // Of each caller's key another of the same value, for whoever comes by the other's door.
    keys: ['one', 'two'].flatMap((caller) =>
      keys.map((key) => ({ ...key, name: `${key.name}-by-${caller}`, caller, models: null })),
    ),
    models: models.map(({ deployments, ...rest }) => ({
      ...rest,
      deployments: deployments.map((one) => ({ ...one, headers })),
    })),
  };
}
