// Whether what runs is what was declared, and whether those who say so still do.

import { metricNames as names } from '../../../telemetry/names.ts';
import { type Board, rateOver } from './board.ts';

const host = '{service="host"}';

export const isolation: Board = {
  id: 'isolation',
  title: 'isolation',
  panels: [
    {
      title: 'Otherwise than declared',
      says: 'What the last `clincher verify` found. Anything but 0 is drift.',
      kind: 'stat',
      unit: 'short',
      queries: [{ expr: `max(${names.verifyDifferences}${host})` }],
    },
    {
      title: 'Last verified',
      says: 'A day is long, two are an alert.',
      kind: 'stat',
      unit: 's',
      queries: [{ expr: `time() - max(${names.verifyTime}${host})` }],
    },
    {
      title: 'Last backup',
      says: 'As `clincher monitor note backup` said.',
      kind: 'stat',
      unit: 's',
      queries: [{ expr: `time() - max(${names.backupTime}${host})` }],
    },
    {
      title: 'First certificate to end',
      says: 'Of those that clincher knows.',
      kind: 'stat',
      unit: 's',
      queries: [{ expr: `min(${names.certificateEnds}${host}) - time()` }],
    },
    {
      title: 'Differences',
      says: 'Over time.',
      kind: 'series',
      unit: 'short',
      queries: [{ expr: `max(${names.verifyDifferences}${host})` }],
    },
    {
      title: 'Answering and ready',
      says: '1 is well. A service that is gone from here was taken away.',
      kind: 'series',
      unit: 'short',
      queries: [
        { expr: `${names.up}`, legend: '{{service}} answers' },
        { expr: `${names.ready}`, legend: '{{service}} is ready' },
      ],
    },
    {
      title: 'Since the start',
      says: 'A line that falls to the ground was started again.',
      kind: 'series',
      unit: 's',
      queries: [{ expr: `time() - ${names.started}`, legend: '{{service}}' }],
    },
    {
      title: 'Metrics that were none',
      says: 'Lines dropped from what a service wrote. Of the agent, ask why.',
      kind: 'series',
      unit: 'short',
      queries: [
        {
          expr: `sum by (service) (increase(${names.scrapeRefusedLines}[${rateOver}]))`,
          legend: '{{service}}',
        },
      ],
    },
    {
      title: 'Time of a scrape',
      says: 'By service.',
      kind: 'series',
      unit: 's',
      queries: [{ expr: `${names.scrapeSeconds}`, legend: '{{service}}' }],
    },
    {
      title: 'Disk that is left',
      says: 'Of the disk of the state directory. Without room every model call is refused.',
      kind: 'series',
      unit: 'percentunit',
      queries: [{ expr: `max(${names.diskFree} / ${names.diskSize})` }],
    },
  ],
};
