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
  started: 'clincher_start_time_seconds',

  // metrics: what the host notes, and what metrics sees of its disk
  certificateEnds: 'clincher_certificate_ends_time_seconds',
  verifyTime: 'clincher_isolation_check_time_seconds',
  verifySeconds: 'clincher_isolation_check_duration_seconds',
  verifyRows: 'clincher_isolation_tried',
  verifyDifferences: 'clincher_isolation_differences',
  verifyDrift: 'clincher_isolation_drift',
  backupTime: 'clincher_backup_time_seconds',
  diskFree: 'clincher_disk_free_bytes',
  diskSize: 'clincher_disk_size_bytes',

  // egress
  tunnelEnds: 'clincher_egress_tunnel_ends_total',
  reloads: 'clincher_egress_rule_reloads_total',

  // ingress
  ingressReloads: 'clincher_ingress_reloads_total',

  // llm
  reservedUsd: 'clincher_llm_reserved_usd',
  budgetLeftShare: 'clincher_llm_budget_left_ratio',
  alarms: 'clincher_llm_alarms_total',
  firstByteSeconds: 'clincher_llm_first_byte_seconds',
  cacheLookups: 'clincher_llm_cache_lookups_total',
  cacheChecks: 'clincher_llm_cache_checks_total',
  cacheWrongShare: 'clincher_llm_cache_wrong_hit_ratio',
  cacheSavedUsd: 'clincher_llm_cache_saved_usd_total',
  cacheEntries: 'clincher_llm_cache_entries',
  cacheBytes: 'clincher_llm_cache_bytes',
  cacheStoreFaults: 'clincher_llm_cache_store_faults_total',

  // relay: what the agent says of itself
  agentEvents: 'clincher_agent_events_total',
  agentMemory: 'clincher_agent_memory_bytes',
  agentWork: 'clincher_agent_work',

  // sandbox
  sandboxCommands: 'clincher_sandbox_open_commands',
  sandboxStorage: 'clincher_sandbox_storage_bytes',

  // docker-proxy
  dockerStreams: 'clincher_docker_open_streams',
  dockerStreamEnds: 'clincher_docker_stream_ends_total',
  attemptFailures: 'clincher_llm_attempt_failures_total',
} as const;

/** What each metric says, for docs/reference/metrics.md; `HELP` texts may say it for their role. */
export const metricMeanings = {
  decisions: 'Requests by role, caller, verdict and reason.',
  requestSeconds: 'Time from a request to the end of its answer, in seconds.',
  bytes: 'Bytes by direction: `in` is from the caller, `out` is to it.',
  open: 'Connections or requests that are open now.',
  spendUsd: 'US dollars spent on models, as settled.',
  budgetRemainingUsd: 'US dollars left of the budget in this window.',
  tokens: 'Tokens as the provider counted them, by kind.',
  ready: 'Whether the service can do its work now: 1 or 0.',
  dropped: 'Connections closed at once because too many were open.',
  up: 'Whether the service answered the last scrape: 1 or 0.',
  scrapeSeconds: 'How long the last scrape of the service took, in seconds.',
  scrapeRefusedLines: 'Lines dropped from what a service wrote: not metrics, or not its to say.',
  started: 'When the service started, in seconds since 1970.',
  certificateEnds:
    'When a certificate ends, by kind, in seconds since 1970; as of the last `up` or `renew`.',
  verifyTime: 'When `clincher verify` last looked, in seconds since 1970.',
  verifySeconds: 'How long it took, in seconds.',
  verifyRows: 'How many things it tried.',
  verifyDifferences: 'What it found to be otherwise than declared.',
  verifyDrift: 'What it found to be worse than when it looked before, where it compared.',
  backupTime: 'When `clincher monitor note backup` last said so, in seconds since 1970.',
  diskFree: 'Bytes that are free on the disk of the state directory.',
  diskSize: 'Bytes of the disk that the state directory is on.',
  tunnelEnds: 'Tunnels that ended, by how: closed, idle, broken, or the limit they met.',
  reloads:
    'Readings of changed rules, certificates or credentials: `taken`, or `kept` when they were wrong.',
  ingressReloads:
    'Readings of changed rules, certificates or tokens: `taken`, or `kept` when they were wrong.',
  reservedUsd: 'US dollars reserved for calls that are not settled yet.',
  budgetLeftShare: 'What is left of the scarcest budget of its kind and window, as a share.',
  alarms:
    'What a person should hear of: a budget nearly spent, a loop, a secret in a prompt, a blocked key.',
  firstByteSeconds: 'Time from a request to the first byte of the provider, in seconds.',
  cacheLookups:
    'Requests by what the cache did: `exact`, `semantic`, `joined`, `explore`, `miss`, `left-out`.',
  cacheChecks:
    'Answers to something similar that were judged, by how (`shadow`, `explore`, `feedback`).',
  cacheWrongShare:
    'Of the answers given for something similar, the share that shadow checks found wrong.',
  cacheSavedUsd: 'US dollars that answers from the cache would have cost.',
  cacheEntries: 'Answers in the cache.',
  cacheBytes: 'Bytes of the answers in the cache.',
  cacheStoreFaults: 'Questions that the store of answers did not answer in its time.',
  agentEvents: 'What the agent says it has done, by kind of event.',
  agentMemory: 'Bytes that the agent says it takes: `rss`, and of that the main `heap`.',
  agentWork: 'What the agent says it works on: `active`, `waiting`, `queued`.',
  dockerStreams: 'Streams of the Docker API that are open now.',
  dockerStreamEnds: 'Streams of the Docker API that ended, by how: closed, idle, or the limit.',
  sandboxCommands: 'Commands that run now, each in a jail of its own.',
  sandboxStorage: 'Bytes on the disk in the folders of a scope, when they were last measured.',
  attemptFailures: 'Attempts at a deployment that failed, by class of error.',
} as const satisfies Record<keyof typeof metricNames, string>;
