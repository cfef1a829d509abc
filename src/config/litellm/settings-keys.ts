// The keys of the other sections of a LiteLLM config.yaml.
// https://docs.litellm.ai/docs/proxy/config_settings

import { each, harmless, type KeyRules, met, read, refused } from './key-rules.ts';

const noDatabase =
  'keys and spending are kept in the ledger below the state directory, and those of the database are not read';
const noAlerts = 'alarms are in the metrics, and posted where `alerting: ["webhook"]` says';
const noCallbacks = 'nothing of a request leaves for anybody but the provider';
const ownAuth = 'a client is who its virtual key says, and nothing else';
const oneSize = 'one limit holds for everybody';
const noMedia = 'only text and images are carried';
const noHealth = 'health is what calls show; nothing is asked for its sake';
const oneCache = 'each model has its own answers; litellm_settings.cache turns them on';
const notHere = 'this is not part of the proxy';

export const sections: KeyRules = {
  ...each(read, 'model_list', 'litellm_settings', 'router_settings', 'general_settings'),
  environment_variables: read,
  callback_settings: refused(noCallbacks),
  guardrails: refused('prompts are held against the secrets of the stack, and not against others'),
  include: refused('write everything into one file'),
  credential_list: refused('write each key as os.environ/NAME in its place'),
  ...each(refused(noMedia), 'files_settings', 'finetune_settings', 'vector_store_registry'),
  ...each(refused(notHere), 'mcp_servers', 'mcp_tools', 'mcp_aliases', 'assistant_settings'),
  ...each(refused(notHere), 'search_tools', 'prompts', 'policies', 'policy_attachments'),
  ...each(refused(notHere), 'agent_list', 'default_vertex_config', 'worker_registry'),
};

export const litellmSettings: KeyRules = {
  ...each(read, 'num_retries', 'request_timeout', 'fallbacks', 'default_fallbacks'),
  ...each(read, 'context_window_fallbacks', 'content_policy_fallbacks', 'max_budget'),
  ...each(read, 'budget_duration', 'callbacks', 'success_callback', 'failure_callback'),
  ...each(read, 'service_callback', 'service_callbacks', 'allowed_fails', 'cooldown_time'),
  ...each(read, 'model_alias_map', 'max_fallbacks', 'stream_timeout'),
  drop_params: met(true),
  ...each(read, 'cache', 'cache_params'),
  ...each(harmless, 'set_verbose', 'verbose', 'suppress_debug_info', 'turn_off_message_logging'),
  ...each(harmless, 'redact_user_api_key_info', 'redact_messages_in_exceptions'),
  ...each(harmless, 'langfuse_default_tags', 'disable_hf_tokenizer_download', 'telemetry'),
  ...each(harmless, 'LITELLM_DISABLE_STOP_SEQUENCE_LIMIT', 'disable_copilot_system_to_assistant'),
  json_logs: met(true),
  // Whoever reaches the port may read the metrics, as there unless it says otherwise.
  require_auth_for_metrics_endpoint: met(false),
  ...each(met(true), 'disable_end_user_cost_tracking', 'ssl_verify'),
  ...each(met(true), 'disable_end_user_cost_tracking_prometheus_only'),
  ...each(met(true), 'disable_add_transform_inline_image_block', 'return_response_headers'),
  ...each(
    met(false),
    'modify_params',
    'enable_preview_features',
    'force_ipv4',
    'add_user_information_to_llm_headers',
  ),
  ...each(met(false), 'enable_json_schema_validation', 'enable_key_alias_format_validation'),
  ...each(met(false), 'use_chat_completions_url_for_anthropic_messages', 'store_audit_logs'),
  ...each(
    met(false),
    'enable_end_user_cost_tracking_prometheus_only',
    'always_include_stream_usage',
  ),
  ...each(refused('only providers are asked'), 'mcp_aliases', 'public_model_groups'),
  ...each(refused(ownAuth), 'key_generation_settings', 'upperbound_key_generate_params'),
  ...each(refused(ownAuth), 'default_key_generate_params', 'default_internal_user_params'),
  ...each(
    refused(ownAuth),
    'default_team_params',
    'default_team_settings',
    'max_internal_user_budget',
  ),
  ...each(refused(ownAuth), 'internal_user_budget_duration', 'max_end_user_budget'),
  ...each(refused(noCallbacks), 'prometheus_metrics_config', 'custom_prometheus_metadata_labels'),
  ...each(refused(noCallbacks), 'custom_prometheus_tags', 'prometheus_initialize_budget_metrics'),
  ...each(refused(noCallbacks), 's3_callback_params', 'gcs_callback_params', 'datadog_params'),
  ...each(refused("a price is the provider's"), 'cost_discount_config', 'cost_margin_config'),
  credential_list: refused('write each key as os.environ/NAME in its place'),
  ...each(refused('one certificate store serves all'), 'ssl_certificate', 'ssl_security_level'),
  custom_provider_map: refused('a provider is one of the list, or speaks one of its dialects'),
  guardrails: refused('prompts are held against the secrets of the stack, and not against others'),
};

export const routerSettings: KeyRules = {
  ...each(read, 'routing_strategy', 'num_retries', 'retry_after', 'retry_policy', 'timeout'),
  ...each(read, 'stream_timeout', 'allowed_fails', 'cooldown_time', 'disable_cooldowns'),
  ...each(read, 'fallbacks', 'default_fallbacks', 'context_window_fallbacks', 'max_fallbacks'),
  ...each(read, 'content_policy_fallbacks', 'model_group_alias', 'model_group_retry_policy'),
  ...each(read, 'default_max_parallel_requests', 'provider_budget_config'),
  ...each(read, 'optional_pre_call_checks', 'deployment_affinity_ttl_seconds'),
  ...each(harmless, 'set_verbose', 'debug_level'),
  // A request too long is refused by its provider, without a charge, and goes on to the fallback.
  ...each(harmless, 'enable_pre_call_checks', 'enable_pre_call_check'),
  ...each(met(false), 'enable_tag_filtering', 'tag_filtering_match_any', 'cache_responses'),
  ...each(met(false), 'ignore_invalid_deployments'),
  ...each(read, 'redis_host', 'redis_port', 'redis_password'),
  redis_url: refused('write redis_host, redis_port and redis_password'),
  redis_db: met(0),
  cache_kwargs: refused('one Redis is asked, by its host and port'),
  ...each(refused(oneCache), 'caching_groups'),
  ...each(refused('failures count alike, whatever they were'), 'allowed_fails_policy'),
  routing_strategy_args: refused('the strategies have no further settings'),
  ...each(refused('calls are not queued'), 'default_priority', 'polling_interval'),
  default_litellm_params: refused('what a request asks for is for the client to say'),
  ...each(refused(noAlerts), 'alerting_config'),
  ...each(refused(notHere), 'assistants_config', 'search_tools', 'guardrail_list'),
  ...each(refused('connections are kept as long as they are used'), 'client_ttl'),
  router_general_settings: refused('these are settings of the Python library'),
};

export const generalSettings: KeyRules = {
  ...each(read, 'master_key', 'max_parallel_requests', 'global_max_parallel_requests'),
  ...each(read, 'max_request_size_mb'),
  ...each(refused(noDatabase), 'database_url', 'database_type', 'database_args'),
  ...each(refused(noDatabase), 'database_connection_pool_limit', 'database_connection_timeout'),
  ...each(refused(noDatabase), 'supported_db_objects', 'use_redis_transaction_buffer'),
  ...each(met(false), 'store_model_in_db', 'allow_requests_on_db_unavailable'),
  ...each(met(false), 'disable_spend_logs', 'disable_spend_updates', 'disable_reset_budget'),
  ...each(met(false), 'store_prompts_in_spend_logs', 'enable_jwt_auth', 'allow_user_auth'),
  ...each(met(false), 'enable_oauth2_auth', 'enable_oauth2_proxy_auth', 'enforce_user_param'),
  ...each(met(false), 'allow_client_side_credentials', 'infer_model_from_keys'),
  ...each(met(false), 'use_client_credentials_pass_through_routes', 'use_x_forwarded_for'),
  ...each(met(false), 'background_health_checks', 'forward_openai_org_id'),
  ...each(met(false), 'default_team_disabled', 'use_azure_key_vault', 'use_google_kms'),
  ...each(met(true), 'disable_master_key_return', 'disable_adding_master_key_hash_to_db'),
  ...each(harmless, 'disable_prisma_schema_update', 'litellm_license', 'health_check_details'),
  ...each(harmless, 'proxy_budget_rescheduler_min_time', 'proxy_budget_rescheduler_max_time'),
  ...each(harmless, 'proxy_batch_write_at', 'proxy_batch_polling_interval'),
  ...each(harmless, 'user_api_key_cache_ttl', 'ui_access_mode', 'user_mcp_management_mode'),
  // Those that a provider's API knows go along in any case, others never.
  forward_client_headers_to_llm_api: met(false),
  disable_retry_on_max_parallel_request_limit_error: harmless,
  // The id of a response, which nobody can guess, is all that it takes to go on from it.
  disable_responses_id_security: met(true),
  reject_clientside_metadata_tags: met(true),
  ...each(refused('a request names its model'), 'completion_model', 'embedding_model'),
  ...each(refused('a request names its model'), 'image_generation_model', 'moderation_model'),
  alerting: read,
  ...each(refused(noAlerts), 'alerting_threshold', 'alerting_args', 'alert_types'),
  ...each(refused(noAlerts), 'alert_to_webhook_url', 'spend_report_frequency'),
  ...each(refused(ownAuth), 'custom_auth', 'custom_key_generate', 'custom_sso', 'litellm_jwtauth'),
  ...each(refused(ownAuth), 'oauth2_config_mappings', 'service_account_settings', 'allowed_ips'),
  ...each(refused(ownAuth), 'allowed_routes', 'admin_only_routes', 'public_routes'),
  ...each(refused(ownAuth), 'litellm_key_header_name', 'enforced_params'),
  ...each(refused('write each key as os.environ/NAME'), 'key_management_system'),
  ...each(refused('write each key as os.environ/NAME'), 'key_management_settings'),
  ...each(refused('the ledger keeps what was spent'), 'maximum_spend_logs_retention_period'),
  ...each(refused('the ledger keeps what was spent'), 'maximum_spend_logs_retention_interval'),
  ...each(refused(noHealth), 'health_check_interval'),
  max_response_size_mb: refused(oneSize),
  pass_through_endpoints: refused('only the APIs of models are served'),
};
