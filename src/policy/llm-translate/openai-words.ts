// Words that both of OpenAI's dialects share: effort, format of the answer, counts.

import {
  type AnswerFormat,
  type Counts,
  efforts,
  noCounts,
  type Reasoning,
} from './conversation.ts';
import { type Fields, isObject } from './fields.ts';
import { present } from './parts.ts';

export function readEffort(word: string | null): Reasoning | null {
  if (word === null) return null;
  return { effort: efforts.find((known) => known === word) ?? 'medium', budgetTokens: null };
}

/** They know no budget in tokens: the nearest word stands for it. */
export function writeEffort(reasoning: Reasoning | null): string | null {
  if (reasoning === null) return null;
  const { effort, budgetTokens } = reasoning;
  if (effort === 'max') return 'xhigh';
  if (effort !== null) return effort;
  if (budgetTokens === null) return 'medium';
  if (budgetTokens <= 2_048) return 'low';
  return budgetTokens <= 8_192 ? 'medium' : 'high';
}

/** Chat completions put name and schema one level deeper, below `nested`. */
export function readFormat(format: Fields | null, nested: string | null): AnswerFormat | null {
  const type = format?.text('type') ?? null;
  if (format === null || type === null || type === 'text') return null;
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') {
    format.losses.refuse(format.at('type'), 'is not known');
    return null;
  }
  const inner = nested === null ? format : format.inner(nested);
  return {
    kind: 'schema',
    name: inner?.text('name') ?? 'answer',
    schema: inner?.value('schema') ?? {},
    strict: inner?.flag('strict') ?? null,
  };
}

export function writeFormat(format: AnswerFormat | null, nested: string | null): object | null {
  if (format === null) return null;
  if (format.kind === 'json') return { type: 'json_object' };
  const { name, schema, strict } = format;
  const inner = present({ name, schema, strict });
  return { type: 'json_schema', ...(nested === null ? inner : { [nested]: inner }) };
}

/** The names of the two dialects differ by these words alone. */
interface CountNames {
  readonly input: string;
  readonly output: string;
}

export const chatCounts: CountNames = { input: 'prompt_tokens', output: 'completion_tokens' };
export const responsesCounts: CountNames = { input: 'input_tokens', output: 'output_tokens' };

export function readCounts(raw: unknown, names: CountNames): Counts | null {
  if (!isObject(raw)) return null;
  const number = (of: unknown, key: string) => {
    const value = isObject(of) && Object.hasOwn(of, key) ? Reflect.get(of, key) : 0;
    return typeof value === 'number' ? value : 0;
  };
  const inputDetails = Reflect.get(raw, `${names.input}_details`);
  const outputDetails = Reflect.get(raw, `${names.output}_details`);
  const cacheRead = number(inputDetails, 'cached_tokens');
  const cacheWrite = number(inputDetails, 'cache_write_tokens');
  return {
    input: Math.max(number(raw, names.input) - cacheRead - cacheWrite, 0),
    cacheRead,
    cacheWrite,
    cacheWrite1h: 0,
    output: number(raw, names.output),
    reasoning: number(outputDetails, 'reasoning_tokens'),
  };
}

export function writeCounts(counts: Counts | null, names: CountNames): Record<string, unknown> {
  const { input, cacheRead, cacheWrite, cacheWrite1h, output, reasoning } = counts ?? noCounts;
  const inputAll = input + cacheRead + cacheWrite + cacheWrite1h;
  return {
    [names.input]: inputAll,
    [names.output]: output,
    total_tokens: inputAll + output,
    [`${names.input}_details`]: {
      cached_tokens: cacheRead,
      cache_write_tokens: cacheWrite + cacheWrite1h,
    },
    [`${names.output}_details`]: { reasoning_tokens: reasoning },
  };
}
