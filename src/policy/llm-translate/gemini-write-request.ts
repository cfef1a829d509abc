// Gemini's own API, written: https://ai.google.dev/api/generate-content. The model's name goes into
// the path, so it is not in the body.

import type { TranslationTarget } from '../llm-translation.ts';
import type {
  AnswerFormat,
  CallPart,
  Conversation,
  Part,
  Reasoning,
  Tool,
  ToolChoice,
  Turn,
} from './conversation.ts';
import { isObject } from './fields.ts';
import type { Losses } from './losses.ts';
import { boundOf, mergeTurns, parseJson, present } from './parts.ts';

/** Tokens for thoughts, by the word others have for it. */
const budgetOf = {
  none: 0,
  minimal: 512,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};
/** Their documented stand-in for a call that was made elsewhere and so has no signature. */
const unsigned = 'skip_thought_signature_validator';

export function writeGeminiRequest(
  conversation: Conversation,
  target: TranslationTarget,
  losses: Losses,
): Record<string, unknown> {
  const { turns, tools, toolChoice, parallelCalls, user } = conversation;
  if (parallelCalls === false) losses.hint('parallel_tool_calls');
  if (user !== null) losses.hint('user');
  const names = callNames(turns);
  const spoken = mergeTurns(turns.filter(({ role }) => role !== 'system'));
  const declarations = tools.map((tool) => writeTool(tool, losses));
  return present({
    systemInstruction: writeSystem(turns, losses),
    contents: spoken.map((turn) => writeTurn(turn, names, losses)),
    tools: declarations.length === 0 ? null : [{ functionDeclarations: declarations }],
    toolConfig:
      declarations.length === 0 || toolChoice === null
        ? null
        : { functionCallingConfig: writeChoice(toolChoice) },
    generationConfig: present({
      maxOutputTokens: boundOf(conversation, target),
      temperature: conversation.temperature,
      topP: conversation.topP,
      topK: conversation.topK,
      stopSequences: conversation.stop,
      seed: conversation.seed,
      presencePenalty: conversation.presencePenalty,
      frequencyPenalty: conversation.frequencyPenalty,
      thinkingConfig: writeThinking(conversation.reasoning),
      ...writeFormat(conversation.format),
    }),
  });
}

/** A result names its function there, where the others give the id of the call alone. */
function callNames(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ parts }) => parts.filter((part) => part.kind === 'call'));
  return new Map(calls.map(({ id, name }) => [id, name]));
}

function writeSystem(turns: readonly Turn[], losses: Losses): object | null {
  const firstOther = turns.findIndex(({ role }) => role !== 'system');
  const parts = turns.flatMap((turn, index) => {
    if (turn.role !== 'system') return [];
    if (firstOther !== -1 && index > firstOther) losses.hint(`messages[${index}].role`);
    return turn.parts.flatMap((part) => {
      if (part.kind !== 'text') losses.refuse('system', 'must be text');
      else if (part.cache !== null) losses.hint('cache_control');
      return part.kind === 'text' ? [{ text: part.text }] : [];
    });
  });
  return parts.length === 0 ? null : { parts };
}

function writeTurn(
  { role, parts }: Turn,
  names: ReadonlyMap<string, string>,
  losses: Losses,
): object {
  const written = parts.flatMap((part) => writePart(part, names, losses));
  return { role: role === 'assistant' ? 'model' : 'user', parts: written };
}

function writePart(part: Part, names: ReadonlyMap<string, string>, losses: Losses): object[] {
  if (part.kind !== 'thinking' && part.cache !== null) losses.hint('cache_control');
  switch (part.kind) {
    case 'text':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'image':
    case 'document':
      if (part.source.kind === 'base64') {
        return [{ inlineData: { mimeType: part.source.mediaType, data: part.source.data } }];
      }
      losses.refuse(part.kind, 'must hold its bytes at this model');
      return [];
    case 'call':
      return [writeCall(part, losses)];
    case 'result': {
      const name = names.get(part.id);
      if (name === undefined)
        losses.refuse('messages', `answer a call that is not there (${part.id})`);
      const texts = part.parts.flatMap((inner) => (inner.kind === 'text' ? [inner.text] : []));
      const media = part.parts.filter((inner) => inner.kind !== 'text');
      const response = { [part.isError ? 'error' : 'output']: texts.join('\n') };
      return [
        { functionResponse: { id: part.id, name: name ?? '', response } },
        ...media.flatMap((inner) => writePart(inner, names, losses)),
      ];
    }
    case 'thinking':
      losses.hint('thinking');
      return [];
  }
}

function writeCall({ id, name, argumentsText, signature }: CallPart, losses: Losses): object {
  const parsed = argumentsText.trim() === '' ? {} : parseJson(argumentsText);
  if (!isObject(parsed)) losses.hint('tool_calls.function.arguments');
  const args = isObject(parsed) ? parsed : { arguments: argumentsText };
  return { functionCall: { id, name, args }, thoughtSignature: signature ?? unsigned };
}

function writeTool({ name, description, schema, strict, cache }: Tool, losses: Losses): object {
  if (strict === true) losses.hint('tools.strict');
  if (cache !== null) losses.hint('cache_control');
  return present({ name, description, parametersJsonSchema: schema });
}

function writeChoice(choice: ToolChoice): object {
  if (choice.kind === 'one') return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  return { mode: { auto: 'AUTO', none: 'NONE', required: 'ANY' }[choice.kind] };
}

function writeThinking(reasoning: Reasoning | null): object | null {
  if (reasoning === null) return null;
  const thinkingBudget = reasoning.budgetTokens ?? budgetOf[reasoning.effort ?? 'medium'];
  return { thinkingBudget, includeThoughts: thinkingBudget > 0 };
}

function writeFormat(format: AnswerFormat | null): object {
  if (format === null) return {};
  const type = { responseMimeType: 'application/json' };
  return format.kind === 'json' ? type : { ...type, responseJsonSchema: format.schema };
}
