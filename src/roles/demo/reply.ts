// What the demonstration answers: always the same to the same question, and always saying what it
// is.

import type { Conversation, DemoTool } from './conversation.ts';

export const demoMark = 'clincher demo: no model is behind this.';

export interface Reply {
  readonly text: string;
  readonly toolCall: { readonly name: string; readonly input: Record<string, unknown> } | null;
  /** The answer was cut at the bound the client set. */
  readonly isCut: boolean;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const quotedCharsMax = 400;

export function replyTo(conversation: Conversation): Reply {
  const { toolResult, lastUserText, inputText } = conversation;
  const inputTokens = countTokens(inputText);
  const tool = toolResult === null ? chooseTool(conversation) : null;
  if (tool !== null) {
    const input = inputFor(tool.schema, lastUserText);
    const text = `${demoMark} Calling the tool ${tool.name}.`;
    const outputTokens = countTokens(text) + countTokens(JSON.stringify(input));
    return { text, toolCall: { name: tool.name, input }, isCut: false, inputTokens, outputTokens };
  }
  const whole =
    toolResult === null
      ? `${demoMark} You said: "${quote(lastUserText)}". Say "use a tool" to see one called.`
      : `${demoMark} The tool answered: "${quote(toolResult)}".`;
  const words = demoTokens(whole);
  const kept = words.slice(0, conversation.outputTokensMax);
  const text = kept.join('');
  const isCut = kept.length < words.length;
  return { text, toolCall: null, isCut, inputTokens, outputTokens: kept.length };
}

/**
 * The demonstration's own tokens: a run of white space with the run of other characters after it.
 */
export function demoTokens(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

function countTokens(text: string): number {
  return demoTokens(text).length;
}

/**
 * A tool that the person asked for: `use NAME`, NAME in backticks, a NAME that is no ordinary
 * word, or plainly "use a tool" for the first one. Names like `read` or `message` alone stand in
 * too many sentences.
 */
function chooseTool({ tools, toolChoice, lastUserText }: Conversation): DemoTool | null {
  if (toolChoice === 'none') return null;
  const named = tools.find(({ name }) => {
    const word = name.replace(/[^\w-]/g, '\\$&');
    const asked = `\\b(?:use|call|run|try)\\s+(?:the\\s+)?(?:tool\\s+)?${word}(?![\\w-])`;
    if (new RegExp(`${asked}|\`${word}\`|^\\s*${word}\\s*$`, 'i').test(lastUserText)) return true;
    return /[_\d-]/.test(name) && new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(lastUserText);
  });
  if (named !== undefined) return named;
  const anyOne = toolChoice === 'required' || /\buse (?:a|the|some) tool\b/i.test(lastUserText);
  return anyOne ? (tools[0] ?? null) : null;
}

/**
 * Required properties only, each with something of its type; texts from what stands in quotes, in
 * order.
 */
function inputFor(schema: unknown, userText: string): Record<string, unknown> {
  const properties = entry(schema, 'properties');
  const required = entry(schema, 'required');
  const names = Array.isArray(required) ? required.map(String) : [];
  const quoted = [...userText.matchAll(/"([^"]+)"|`([^`]+)`/g)].map(([, a, b]) => a ?? b ?? '');
  const input: Record<string, unknown> = {};
  for (const name of names) {
    const property = entry(properties, name);
    const value = sample(property, () => quoted.shift() ?? 'demo');
    Object.defineProperty(input, name, { value, enumerable: true });
  }
  return input;
}

function sample(schema: unknown, nextText: () => string): unknown {
  const allowed = entry(schema, 'enum');
  if (Array.isArray(allowed) && allowed.length > 0) return allowed[0];
  const type = entry(schema, 'type');
  if (type === 'number' || type === 'integer') return entry(schema, 'minimum') ?? 1;
  if (type === 'boolean') return true;
  if (type === 'array') return [];
  return type === 'object' ? inputFor(schema, '') : nextText();
}

function entry(value: unknown, key: string): unknown {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

function quote(text: string): string {
  const short = text.slice(0, quotedCharsMax);
  return (short.length < text.length ? `${short}...` : short).replaceAll('"', "'");
}
