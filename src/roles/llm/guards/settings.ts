// What the model proxy is told to look out for in what the agent asks.

import * as z from 'zod';
import { markChars } from '../../../policy/llm-secret-mark.ts';

/** What OpenClaw's heartbeat turns say; the second is that of versions before 2026.7. */
export const defaultHeartbeatMarks = [
  'Follow the heartbeat monitor scratch context',
  'Read HEARTBEAT.md if it exists',
];

export const guardRules = {
  guards: z
    .strictObject({
      /** Secrets that llm holds, found in a prompt: written over, or the request refused. */
      secrets: z.enum(['mask', 'refuse', 'off']).default('mask'),
      /** The secret that holds the marks of those which llm does not hold; null: none. */
      marks: z.string().min(1).nullable().default(null),
      /** Tools that run at the provider: what they fetch and search does not pass egress. */
      providerTools: z.enum(['allow', 'refuse']).default('allow'),
      loops: z
        .strictObject({
          /** So many times the same request within the time is a loop; 0: nobody counts. */
          repeats: z.int().min(0).max(10_000).default(20),
          withinMs: z.int().positive().default(600_000),
          action: z.enum(['refuse', 'alarm']).default('alarm'),
        })
        .prefault({}),
      heartbeats: z
        .strictObject({
          /** Texts by which a turn that the agent's clock began is told. */
          marks: z.array(z.string().min(8).max(512)).max(16).default(defaultHeartbeatMarks),
          /** The model such a turn gets instead of the one it asks for; null: that one. */
          model: z.string().min(1).nullable().default(null),
        })
        .prefault({}),
      /** A budget of which this share is spent is an alarm, once a window; null: none is. */
      budgetShare: z.number().gt(0).max(1).nullable().default(0.8),
    })
    .prefault({}),
};

/** What is in the file of marks. */
export const secretMarks = z.array(
  z.strictObject({
    name: z.string(),
    mark: z.string().min(markChars),
    kind: z.enum(['token', 'key']),
  }),
);

export type GuardSettings = z.infer<typeof guardRules.guards>;
