// The one way out: who goes through it, what is refused, how much leaves.

import { metricNames as names } from '../../../telemetry/names.ts';
import { type Board, rateOver } from './board.ts';

const here = 'service="egress"';

export const egress: Board = {
  id: 'egress',
  title: 'egress',
  panels: [
    {
      title: 'Refused in an hour',
      says: 'An agent that was talked into something tries what it may not.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(increase(${names.decisions}{${here},verdict="deny"}[1h]))` }],
    },
    {
      title: 'Sent out in an hour',
      says: 'Bytes from callers to outside, whatever they are.',
      kind: 'stat',
      unit: 'bytes',
      queries: [{ expr: `sum(increase(${names.bytes}{${here},direction="in"}[1h]))` }],
    },
    {
      title: 'Open tunnels',
      says: 'Of all callers.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(${names.open}{${here}})` }],
    },
    {
      title: 'Rules not taken in a day',
      says: 'Changed files that were wrong: the rules before them hold.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(increase(${names.reloads}{${here},outcome="kept"}[1d]))` }],
    },
    {
      title: 'Decisions',
      says: 'By caller.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (caller, verdict) (rate(${names.decisions}{${here}}[${rateOver}]))`,
          legend: '{{caller}} {{verdict}}',
        },
      ],
    },
    {
      title: 'Refusals by reason',
      says: '`clincher egress log` names the hosts.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (caller, reason) (rate(${names.decisions}{${here},verdict="deny"}[${rateOver}]))`,
          legend: '{{caller}} {{reason}}',
        },
      ],
    },
    {
      title: 'Bytes',
      says: '`in` is from the caller, `out` is to it.',
      kind: 'series',
      unit: 'Bps',
      queries: [
        {
          expr: `sum by (caller, direction) (rate(${names.bytes}{${here}}[${rateOver}]))`,
          legend: '{{caller}} {{direction}}',
        },
      ],
    },
    {
      title: 'How tunnels end',
      says: 'Closed, idle, broken, or the limit they met.',
      kind: 'series',
      unit: 'cps',
      queries: [
        {
          expr: `sum by (end) (rate(${names.tunnelEnds}{${here}}[${rateOver}]))`,
          legend: '{{end}}',
        },
      ],
    },
  ],
};
