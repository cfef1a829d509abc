// The first look: does it run, what is refused, what does it cost, how quick is it.

import { metricNames as names } from '../../../telemetry/names.ts';
import { type Board, rateOver } from './board.ts';

export const overview: Board = {
  id: 'overview',
  title: 'overview',
  panels: [
    {
      title: 'Services down',
      says: 'Those that did not answer the last scrape, or cannot do their work.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `count((${names.up} == 0) or (${names.ready} == 0)) or vector(0)` }],
    },
    {
      title: 'Budget left',
      says: 'Of the tightest budget. What does not fit any more is refused.',
      kind: 'stat',
      unit: 'percentunit',
      queries: [{ expr: `min(${names.budgetLeftShare}{service="llm"})` }],
    },
    {
      title: 'Refused in an hour',
      says: 'By every role together; the reasons are below.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `sum(increase(${names.decisions}{verdict="deny"}[1h]))` }],
    },
    {
      title: 'Otherwise than declared',
      says: 'What the last `clincher verify` found. Anything but 0 is drift.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `max(${names.verifyDifferences}{service="host"})` }],
    },
    {
      title: 'Requests',
      says: 'Decided by each role, allowed and refused.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `sum by (role, verdict) (rate(${names.decisions}[${rateOver}]))`,
          legend: '{{role}} {{verdict}}',
        },
      ],
    },
    {
      title: 'Refusals by reason',
      says: 'What each reason means is in docs/reference/reasons.md.',
      kind: 'series',
      unit: 'reqps',
      queries: [
        {
          expr: `topk(10, sum by (role, reason) (rate(${names.decisions}{verdict="deny"}[${rateOver}])))`,
          legend: '{{role}} {{reason}}',
        },
      ],
    },
    {
      title: 'Time to the end of an answer, 95 of 100',
      says: 'By the role that gave it.',
      kind: 'series',
      unit: 's',
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (service, le) (rate(${names.requestSeconds}_bucket[${rateOver}])))`,
          legend: '{{service}}',
        },
      ],
    },
    {
      title: 'Open connections',
      says: 'And those closed at once because too many were open.',
      kind: 'series',
      unit: 'short',
      queries: [
        { expr: `sum by (service) (${names.open})`, legend: '{{service}} open' },
        {
          expr: `sum by (service) (increase(${names.dropped}[${rateOver}]))`,
          legend: '{{service}} dropped',
        },
      ],
    },
  ],
};
