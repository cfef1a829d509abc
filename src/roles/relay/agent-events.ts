// What OpenClaw says of its own work, as counters: the kinds of the events that its gateway keeps
// of late, its memory, and what waits. Nothing else of an event is read: sessions, models and
// sources have names that say who asks and for what. It is the agent's own word.
// Source: docs/gateway/diagnostics.md in OpenClaw's package.

import * as z from 'zod';
import { metricMeanings, metricNames } from '../../telemetry/names.ts';
import { Counter, Gauge } from '../../telemetry/prom.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';

/** Kinds that say something of its work; every other is `other`. */
const kinds: ReadonlySet<string> = new Set([
  ...['message.received', 'message.processed', 'message.delivery.completed'],
  ...['message.delivery.error', 'message.dispatch.completed'],
  ...['run.started', 'run.completed', 'run.attempt', 'harness.run.completed', 'harness.run.error'],
  ...['model.call.started', 'model.call.completed', 'model.call.error', 'model.failover'],
  ...['tool.execution.started', 'tool.execution.completed', 'tool.execution.error'],
  ...['tool.execution.blocked', 'tool.loop', 'exec.process.completed', 'skill.used'],
  ...['session.state', 'session.stuck', 'session.stalled', 'session.long_running'],
  ...['session.recovery.requested', 'session.recovery.completed', 'session.turn.created'],
  ...['queue.lane.enqueue', 'queue.lane.dequeue', 'webhook.received', 'webhook.error'],
  ...['payload.large', 'security.event', 'diagnostic.liveness.warning'],
  ...['diagnostic.memory.pressure', 'diagnostic.heartbeat', 'gateway.rpc'],
]);

const count = z.number().int().nonnegative();
const record = z.object({
  events: z
    .array(
      z.object({
        seq: count,
        type: z.string(),
        active: count.optional(),
        waiting: count.optional(),
        queued: count.optional(),
      }),
    )
    .max(1_000),
  summary: z.object({
    memory: z
      .object({ latest: z.object({ rssBytes: count, heapUsedBytes: count }).optional() })
      .optional(),
  }),
});

export interface AgentEvents {
  /** What the gateway answered; false where that is no such record. */
  take(answer: unknown): boolean;
}

export function createAgentEvents({ metrics }: Telemetry): AgentEvents {
  const of = (key: 'agentEvents' | 'agentMemory' | 'agentWork') => ({
    name: metricNames[key],
    help: metricMeanings[key],
    labelNames: ['kind'] as const,
    registers: [metrics],
  });
  const events = new Counter(of('agentEvents'));
  const memory = new Gauge(of('agentMemory'));
  const work = new Gauge(of('agentWork'));
  let lastSeq = 0;
  return {
    take(answer) {
      const read = record.safeParse(answer);
      if (!read.success) return false;
      const all = read.data.events.toSorted((a, b) => a.seq - b.seq);
      // It was started anew: its numbers begin again.
      if ((all.at(-1)?.seq ?? 0) < lastSeq) lastSeq = 0;
      for (const { seq, type, active, waiting, queued } of all) {
        if (seq <= lastSeq) continue;
        events.inc({ kind: kinds.has(type) ? type : 'other' });
        lastSeq = seq;
        if (type !== 'diagnostic.heartbeat') continue;
        work.set({ kind: 'active' }, active ?? 0);
        work.set({ kind: 'waiting' }, waiting ?? 0);
        work.set({ kind: 'queued' }, queued ?? 0);
      }
      const latest = read.data.summary.memory?.latest;
      if (latest !== undefined) {
        memory.set({ kind: 'rss' }, latest.rssBytes);
        memory.set({ kind: 'heap' }, latest.heapUsedBytes);
      }
      return true;
    },
  };
}
