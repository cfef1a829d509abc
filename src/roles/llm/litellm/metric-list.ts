// LiteLLM's metrics: which are exported under the names that its users' dashboards ask for, exactly
// as there, and which are not and why. Source: litellm/integrations/prometheus.py and
// litellm/types/integrations/prometheus.py of LiteLLM 1.106.2. docs/reference/litellm-metrics.md is
// made from this list.

export type LitellmType = 'counter' | 'gauge' | 'histogram';

export interface LitellmMetric {
  readonly type: LitellmType;
  readonly unit: 'requests' | 'US dollars' | 'tokens' | 'seconds' | 'hours' | 'state';
  readonly labels: readonly string[];
}

const key = ['hashed_api_key', 'api_key_alias'] as const;
const team = ['team', 'team_alias'] as const;
const organization = ['org_id', 'org_alias'] as const;
const client = ['client_ip', 'user_agent'] as const;
const route = ['model_id', 'api_provider'] as const;

const asked = [...key, ...team, 'requested_model', 'end_user', 'user', ...route, ...organization];
const latency = [...asked, 'model_group', 'model', 'service_tier'];
const timed = { type: 'histogram', unit: 'seconds', labels: latency } as const;
const cached = [...key, ...team, 'requested_model', 'model', 'end_user', 'user', 'user_email'];
const tokens = { type: 'counter', unit: 'tokens' } as const;
const counted = { ...tokens, labels: [...asked, 'model', 'user_email'] } as const;
const detailed = { ...tokens, labels: [...cached, ...route] } as const;
const requests = { type: 'counter', unit: 'requests' } as const;
const proxied = [...asked, 'user_email', 'route', ...client];
const place = ['litellm_model_name', 'api_base', ...route] as const;
const deployed = ['model_group', 'requested_model', ...place, ...key, ...team, ...client];
const cache = { ...requests, labels: [...key, ...team, 'model', 'end_user', 'user', ...route] };
const budget = { type: 'gauge', unit: 'US dollars', labels: key } as const;

/** As they are on the wire: a counter's name ends in `_total` there. */
export const litellmMetrics = {
  litellm_proxy_total_requests_metric_total: { ...requests, labels: [...proxied, 'status_code'] },
  litellm_proxy_failed_requests_metric_total: {
    ...requests,
    labels: [...proxied, 'exception_status', 'exception_class'],
  },
  litellm_requests_metric_total: {
    ...requests,
    labels: [...asked, 'model', 'user_email', ...client],
  },
  litellm_request_total_latency_metric: timed,
  litellm_llm_api_latency_metric: timed,
  litellm_llm_api_time_to_first_token_metric: timed,
  litellm_spend_metric_total: {
    type: 'counter',
    unit: 'US dollars',
    labels: [...asked, 'model', 'user_email', ...client, 'service_tier'],
  },
  litellm_total_tokens_metric_total: counted,
  litellm_input_tokens_metric_total: counted,
  litellm_output_tokens_metric_total: counted,
  litellm_input_cached_tokens_metric_total: detailed,
  litellm_input_cache_creation_tokens_metric_total: detailed,
  litellm_deployment_total_requests_total: { ...requests, labels: deployed },
  litellm_deployment_success_responses_total: { ...requests, labels: deployed },
  litellm_deployment_failure_responses_total: {
    ...requests,
    labels: [...deployed, 'exception_status', 'exception_class'],
  },
  litellm_deployment_state: { type: 'gauge', unit: 'state', labels: place },
  litellm_cache_hits_metric_total: cache,
  litellm_cache_misses_metric_total: cache,
  litellm_remaining_api_key_budget_metric: budget,
  litellm_api_key_max_budget_metric: budget,
  litellm_api_key_budget_remaining_hours_metric: { ...budget, unit: 'hours' },
  litellm_in_flight_requests: { type: 'gauge', unit: 'requests', labels: [] },
} as const satisfies Record<string, LitellmMetric>;

export type LitellmName = keyof typeof litellmMetrics;

/** Of its histograms, in seconds: a quantile of a dashboard is made of these. */
export const litellmBuckets = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 420, 600],
] as const;

/** Of a label that LiteLLM has and clincher has nothing to say for. */
export const litellmNone = 'None';

const noTeams = 'There are no teams, organizations, projects, users or end users.';
const noCount = 'Providers’ counts of it are not kept apart here.';
const noBatches = 'There are no batches and no files.';
const noQueues = 'Spending is in the ledger before a call goes out; there is no queue of it.';
const noGuardrails = 'Guards are decisions: `clincher_decisions_total`.';
const noTools = 'Tools of MCP are not called from here.';
const ownLimits = 'A limit that is met is a decision: `clincher_decisions_total`.';
const ownTimes = 'The time here is the request’s less the provider’s.';
const ownRoutes = 'Retries and fallbacks are in the record of a request.';
const cacheCounts = 'What the cache did is `clincher_llm_cache_lookups_total`.';

/** By the name in LiteLLM's list, without `_total`. */
export const litellmAbsent: Readonly<Record<string, readonly string[]>> = {
  [noTeams]: [
    ...['remaining_team_budget', 'team_max_budget', 'team_budget_remaining_hours'],
    ...['team_members', 'remaining_org_budget', 'org_max_budget', 'org_budget_remaining_hours'],
    ...['remaining_user_budget', 'user_max_budget', 'user_budget_remaining_hours'],
    ...['remaining_customer_budget', 'customer_max_budget', 'customer_budget_remaining_hours'],
    ...['team_rate_limit_allowed', 'team_rate_limit_used'],
    ...['project_model_rate_limit_allowed', 'project_model_rate_limit_used'],
  ].map((name) => `litellm_${name}_metric`),
  [noCount]: [
    ...['litellm_input_audio_tokens_metric', 'litellm_output_reasoning_tokens_metric'],
    ...['litellm_output_audio_tokens_metric', 'litellm_video_duration_seconds_metric'],
    'litellm_images_generated_metric',
  ],
  [noBatches]: [
    ...['litellm_managed_batch_created_total', 'litellm_managed_file_size_bytes'],
    ...['litellm_managed_batch_duration_seconds', 'litellm_managed_file_created_total'],
    ...['litellm_managed_file_deleted_total', 'litellm_check_batch_cost_jobs_polled'],
    ...['litellm_check_batch_cost_jobs_processed_total', 'litellm_check_batch_cost_errors_total'],
    'litellm_check_batch_cost_last_run_timestamp',
  ],
  [noQueues]: [
    ...['litellm_pod_lock_manager_size', 'litellm_in_memory_daily_spend_update_queue_size'],
    ...['litellm_redis_daily_spend_update_queue_size', 'litellm_in_memory_spend_update_queue_size'],
    ...['litellm_redis_spend_update_queue_size', 'litellm_zero_cost_requests_total'],
    'litellm_spend_capture_rate',
  ],
  [noGuardrails]: [
    ...['litellm_guardrail_latency_seconds', 'litellm_guardrail_errors_total'],
    ...['litellm_guardrail_requests_total', 'litellm_callback_logging_failures_metric'],
  ],
  [noTools]: ['litellm_mcp_tool_calls_total', 'litellm_mcp_tool_call_spend_metric'],
  [ownLimits]: [
    ...['litellm_remaining_requests_metric', 'litellm_remaining_tokens_metric'],
    ...['litellm_deployment_tpm_limit', 'litellm_deployment_rpm_limit'],
    ...['litellm_remaining_api_key_requests_for_model'],
    ...['litellm_remaining_api_key_tokens_for_model'],
    ...['litellm_api_key_rate_limit_allowed_metric', 'litellm_api_key_rate_limit_used_metric'],
  ],
  [ownTimes]: [
    ...['litellm_overhead_latency_metric', 'litellm_overhead_with_guardrails_latency_metric'],
    ...['litellm_request_queue_time_seconds', 'litellm_deployment_latency_per_output_token'],
  ],
  [ownRoutes]: [
    ...['litellm_deployment_successful_fallbacks', 'litellm_deployment_failed_fallbacks'],
    ...['litellm_deployment_cooled_down', 'litellm_llm_api_failed_requests_metric'],
  ],
  [cacheCounts]: [
    'litellm_cached_tokens_metric',
    ...['litellm_provider_cache_read_input_tokens_metric'],
    ...['litellm_provider_cache_creation_input_tokens_metric'],
  ],
};
