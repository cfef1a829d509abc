// The one list of event, field and metric names, so that logs, records, pages and alerts agree.

/** Lower-case; every clincher process and every hop forwards it. */
export const requestIdHeader = 'x-request-id';
/** Sent with every denial: the machine-readable reason code. */
export const reasonHeader = 'x-clincher-reason';

export const metricNames = {
  decisions: 'clincher_decisions_total',
  requestSeconds: 'clincher_request_duration_seconds',
  bytes: 'clincher_bytes_total',
  open: 'clincher_open_connections',
  spendUsd: 'clincher_llm_spend_usd_total',
  budgetRemainingUsd: 'clincher_llm_budget_remaining_usd',
  tokens: 'clincher_llm_tokens_total',
  ready: 'clincher_ready',
  dropped: 'clincher_dropped_connections_total',
  up: 'clincher_up',
  scrapeSeconds: 'clincher_scrape_duration_seconds',
  scrapeRefusedLines: 'clincher_scrape_refused_lines_total',

  // llm
  reservedUsd: 'clincher_llm_reserved_usd',
  firstByteSeconds: 'clincher_llm_first_byte_seconds',
} as const;
