// What the model proxy is told of whom it raises its alarms with.

import * as z from 'zod';

export const alarmRules = {
  alarms: z
    .strictObject({
      /**
       * Name of the secret that is the address alarms are posted to: who has it can post there too.
       * Null: they are counted and logged, and sent nowhere.
       */
      webhook: z.string().min(1).nullable().default(null),
    })
    .prefault({}),
};

/** Under which name the webhook stands among those that are dialled. */
export const webhookDial = 'alarms.webhook';
