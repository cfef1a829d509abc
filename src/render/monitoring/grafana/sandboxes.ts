// Where the agent's tools run: commands in jails over SSH, or containers through docker-proxy.

import { metricNames as names } from '../../../telemetry/names.ts';
import { type Board, rateOver } from './board.ts';

const ours = 'service=~"sandbox|docker-proxy"';

export const sandboxes: Board = {
  id: 'sandboxes',
  title: 'sandboxes',
  panels: [
    {
      title: 'Commands now',
      says: 'Each in a jail of its own.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(${names.sandboxCommands}) or vector(0)` }],
    },
    {
      title: 'On the disk',
      says: 'In the folders of all scopes, when they were last measured.',
      kind: 'stat',
      unit: 'bytes',
      queries: [{ expr: `sum(${names.sandboxStorage}) or vector(0)` }],
    },
    {
      title: 'Streams of Docker now',
      says: 'Attached, followed or waited for.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(${names.dockerStreams}) or vector(0)` }],
    },
    {
      title: 'Refused in an hour',
      says: 'Stock OpenClaw asks for nothing that is refused.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(increase(${names.decisions}{${ours},verdict="deny"}[1h]))` }],
    },
    {
      title: 'Decisions',
      says: 'By role.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (role, verdict) (rate(${names.decisions}{${ours}}[${rateOver}]))`,
          legend: '{{role}} {{verdict}}',
        },
      ],
    },
    {
      title: 'Refusals by reason',
      says: '`clincher sandbox log` says which calls.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (role, reason) (rate(${names.decisions}{${ours},verdict="deny"}[${rateOver}]))`,
          legend: '{{role}} {{reason}}',
        },
      ],
    },
    {
      title: 'Commands',
      says: 'That run at a time.',
      kind: 'series',
      unit: 'short',
      queries: [{ expr: `sum(${names.sandboxCommands})` }],
    },
    {
      title: 'How streams of Docker end',
      says: 'Closed, idle, or the limit they met.',
      kind: 'series',
      unit: 'cps',
      queries: [
        {
          expr: `sum by (end) (rate(${names.dockerStreamEnds}[${rateOver}]))`,
          legend: '{{end}}',
        },
      ],
    },
  ],
};
