// The keys of `litellm_settings.cache_params` of a LiteLLM config.yaml.
// https://docs.litellm.ai/docs/proxy/caching_settings

import { each, harmless, type KeyRules, met, read, refused } from './key-rules.ts';

const noBucket = 'answers are kept in a file below the state directory, or in Redis';
const noQdrant = 'vectors are kept with the answers, in a file or in Redis';
const onePlace = 'one Redis is asked, by its host and port';
const noTls = 'Redis is asked without TLS: let it listen where nobody else can listen in';

export const cacheParams: KeyRules = {
  ...each(read, 'type', 'mode', 'ttl', 'default_in_memory_ttl', 'default_in_redis_ttl'),
  ...each(read, 'supported_call_types', 'similarity_threshold', 'semantic_cache_scope'),
  ...each(read, 'semantic_cache_embedding_timeout', 'redis_semantic_cache_embedding_model'),
  ...each(read, 'valkey_semantic_cache_embedding_model', 'host', 'port', 'password', 'namespace'),
  // How many are written at a time, and what an index of its own is called, nobody could notice.
  ...each(harmless, 'redis_flush_size', 'redis_semantic_cache_index_name', 'max_connections'),
  ...each(harmless, 'valkey_semantic_cache_index_name', 'redis_semantic_cache_use_async'),
  ...each(refused(onePlace), 'url', 'redis_startup_nodes', 'service_name', 'sentinel_nodes'),
  db: met(0),
  ...each(refused(onePlace), 'sentinel_password', 'username', 'socket_timeout'),
  ...each(refused(onePlace), 'gcp_service_account', 'gcp_ssl_ca_certs'),
  ssl: met(false),
  ...each(refused(noTls), 'ssl_cert_reqs', 'ssl_check_hostname', 'ssl_ca_certs'),
  semantic_cache_embedding_max_input_tokens: refused('of a long text the start is compared'),
  disk_cache_dir: refused(noBucket),
  ...each(refused(noBucket), 's3_bucket_name', 's3_region_name', 's3_api_version', 's3_use_ssl'),
  ...each(refused(noBucket), 's3_verify', 's3_endpoint_url', 's3_aws_access_key_id', 's3_path'),
  ...each(refused(noBucket), 's3_aws_secret_access_key', 's3_aws_session_token', 's3_config'),
  ...each(refused(noBucket), 'gcs_bucket_name', 'gcs_path_service_account', 'gcs_path'),
  ...each(refused(noBucket), 'azure_account_url', 'azure_blob_container'),
  ...each(refused(noQdrant), 'qdrant_api_base', 'qdrant_api_key', 'qdrant_collection_name'),
  ...each(refused(noQdrant), 'qdrant_quantization_config', 'qdrant_semantic_cache_vector_size'),
  qdrant_semantic_cache_embedding_model: refused(noQdrant),
};
