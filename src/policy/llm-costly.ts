// Which parts of a request cost more than its tokens at list price, or hold more tokens than
// bytes. Sources: the providers' API references for messages and chat completions, and their
// pricing pages.

/**
 * Top-level fields that raise the price or start work billed apart, with the values that do not.
 * Anything else there makes the cost unbounded.
 */
const costlyFields: Readonly<Record<string, readonly string[]>> = {
  // A tier above the standard one has prices of its own; `auto` may use capacity that is already
  // paid for.
  service_tier: ['auto', 'default', 'standard', 'standard_only', 'flex'],
  speed: ['standard'],
  inference_geo: ['global', 'not_available'],
  // Searches, containers and remote tools are billed by the call or the hour.
  web_search_options: [],
  container: [],
  mcp_servers: [],
  fallbacks: [],
  // Audio tokens cost many times what text does.
  audio: [],
  modalities: [],
  // Tokens of a prediction that was not taken are billed as output, beyond the client's bound.
  prediction: [],
  // Work that goes on after the answer and is not counted in it.
  background: [],
  // OpenRouter: hosts of the same model with prices of their own.
  provider: [],
  // xAI bills each source that is searched.
  search_parameters: [],
};

/** The values of a costly field that cost nothing extra; null for a field that is not one. */
export function costlyField(key: string): readonly string[] | null {
  return Object.hasOwn(costlyFields, key) ? (costlyFields[key] ?? null) : null;
}

/**
 * Tools the client runs itself; every other dated tool runs at the provider and is billed apart.
 */
const clientTool = /^(?:bash|text_editor|computer|memory)_[0-9]{8}$/;
const datedType = /_[0-9]{8}$/;

export function costlyType(type: string): boolean {
  if (datedType.test(type)) return !clientTool.test(type);
  return costlyTypes.has(type) || type.startsWith('web_search');
}

const costlyTypes = new Set([
  ...['mcp_toolset', 'input_audio', 'container_upload'],
  // Tools of the Responses API that run at the provider.
  ...['file_search', 'code_interpreter', 'image_generation', 'mcp'],
]);

/** Whether a tool of this type is known to run at the client, whatever it is given. */
export function isClientTool(type: string): boolean {
  return clientTools.has(type) || clientTool.test(type);
}

const clientTools = new Set([
  ...['function', 'custom', 'local_shell', 'apply_patch', 'computer', 'computer_use_preview'],
  // What they hold are tools themselves.
  ...['namespace', 'tool_search'],
]);

export function isMediaImage(type: string): boolean {
  return type === 'image' || type === 'image_url' || type === 'input_image';
}

/** Whether what stands there is text that the model reads as it is written, or a setting. */
export function isPlainType(type: string): boolean {
  return plainTypes.has(type) || clientTool.test(type);
}

const plainTypes = new Set([
  // content
  ...['text', 'input_text', 'output_text', 'refusal', 'thinking', 'redacted_thinking', 'message'],
  ...['tool_use', 'tool_result', 'tool_reference', 'content', 'base64', 'url'],
  ...['function_call', 'function_call_output', 'reasoning', 'summary_text', 'reasoning_text'],
  ...['custom_tool_call', 'custom_tool_call_output'],
  // tools and their choice
  ...['function', 'custom', 'auto', 'any', 'tool', 'none', 'allowed_tools', 'grammar'],
  ...['approximate'],
  // settings
  ...['ephemeral', 'enabled', 'disabled', 'adaptive', 'json_object', 'json_schema'],
  // JSON schema, where it stands outside the usual keys
  ...['object', 'string', 'number', 'integer', 'boolean', 'array', 'null'],
]);
