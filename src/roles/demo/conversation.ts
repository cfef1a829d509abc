// What the demonstration needs to know of a request, read from either dialect.

export interface DemoTool {
  readonly name: string;
  /** JSON Schema of its input. */
  readonly schema: unknown;
}

export interface Conversation {
  readonly model: string;
  readonly stream: boolean;
  readonly outputTokensMax: number;
  /** Everything it was sent as text, for the count. */
  readonly inputText: string;
  /** What a person said last; '' when nobody did. */
  readonly lastUserText: string;
  /** What a tool answered, when that is what came last. */
  readonly toolResult: string | null;
  readonly tools: readonly DemoTool[];
  readonly toolChoice: 'auto' | 'none' | 'required';
  /** OpenAI's wish for a count at the end of a stream. */
  readonly countStream: boolean;
}

const rolesOfPeople = ['user'];

/** Null when it is not a request of that dialect. */
export function readConversation(
  dialect: 'anthropic' | 'openai',
  body: unknown,
): Conversation | null {
  const model = field(body, 'model');
  const messages = field(body, 'messages');
  if (typeof model !== 'string' || !Array.isArray(messages) || messages.length === 0) return null;
  const last: unknown = messages.at(-1);
  const bound = field(body, 'max_completion_tokens') ?? field(body, 'max_tokens');
  const speakers = messages.filter((one) => rolesOfPeople.includes(String(field(one, 'role'))));
  const said = speakers.map((one) => withoutContext(textOf(field(one, 'content'))));
  const lastText = said.findLast((text) => text !== '');
  const choice = field(body, 'tool_choice');
  return {
    model,
    stream: field(body, 'stream') === true,
    outputTokensMax: typeof bound === 'number' ? bound : Number.POSITIVE_INFINITY,
    inputText: [field(body, 'system'), ...messages.map((one) => field(one, 'content'))]
      .map(textOf)
      .join('\n'),
    lastUserText: lastText ?? '',
    toolResult: toolResult(dialect, last),
    tools: toolsOf(body),
    toolChoice: choiceOf(choice),
    countStream: field(field(body, 'stream_options'), 'include_usage') === true,
  };
}

/** OpenClaw puts what it knows itself into messages of the user, between marks of its own. */
function withoutContext(text: string): string {
  const context =
    /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>.*?(?:<<<END_OPENCLAW_INTERNAL_CONTEXT>>>|$)/gs;
  return text.replace(context, '').trim();
}

function toolsOf(body: unknown): DemoTool[] {
  const tools = field(body, 'tools');
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    const described = field(tool, 'function') ?? tool;
    const name = field(described, 'name');
    const schema = field(described, 'parameters') ?? field(described, 'input_schema');
    return typeof name === 'string' ? [{ name, schema }] : [];
  });
}

function choiceOf(choice: unknown): Conversation['toolChoice'] {
  const kind = typeof choice === 'string' ? choice : field(choice, 'type');
  if (kind === 'none') return 'none';
  return ['required', 'any', 'tool', 'function'].includes(String(kind)) ? 'required' : 'auto';
}

function toolResult(dialect: 'anthropic' | 'openai', last: unknown): string | null {
  const content = field(last, 'content');
  if (dialect === 'openai') return field(last, 'role') === 'tool' ? textOf(content) : null;
  if (!Array.isArray(content)) return null;
  const results = content.filter((part: unknown) => field(part, 'type') === 'tool_result');
  if (results.length === 0) return null;
  return results.map((part: unknown) => textOf(field(part, 'content'))).join('\n');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => field(part, 'text'))
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function field(value: unknown, key: string): unknown {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
