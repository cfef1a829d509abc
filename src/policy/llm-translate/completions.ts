// OpenAI's older completions for a model that only chats: the prompt is what a user says, the text
// is what is answered. https://platform.openai.com/docs/api-reference/completions

import { writeChatStop } from './chat-answer.ts';
import { readStop } from './chat-read-request.ts';
import type { Answer, Conversation, StreamWriter } from './conversation.ts';
import { Fields } from './fields.ts';
import type { Losses } from './losses.ts';
import { chatCounts, writeCounts } from './openai-words.ts';
import { textPart } from './parts.ts';

export function readCompletionRequest(body: unknown, losses: Losses): Conversation {
  const fields = new Fields(body, '', losses);
  fields.known('model');
  const conversation: Conversation = {
    turns: [{ role: 'user', parts: [textPart(readPrompt(fields))] }],
    ...{ tools: [], toolChoice: null, parallelCalls: null },
    stream: fields.flag('stream') ?? false,
    countInStream: fields.inner('stream_options')?.flag('include_usage') ?? false,
    outputTokensMax: fields.number('max_tokens'),
    temperature: fields.number('temperature'),
    topP: fields.number('top_p'),
    topK: null,
    stop: readStop(fields),
    ...{ reasoning: null, format: null },
    user: fields.text('user'),
    seed: fields.number('seed'),
    presencePenalty: fields.number('presence_penalty'),
    frequencyPenalty: fields.number('frequency_penalty'),
  };
  for (const key of ['n', 'best_of']) {
    if ((fields.number(key) ?? 1) !== 1) losses.refuse(key, 'can only be 1 at this model');
  }
  if (fields.flag('echo') === true) losses.refuse('echo');
  fields.refuse('suffix', 'logprobs');
  fields.hints('logit_bias');
  fields.done();
  return conversation;
}

/** A list of one text is that text; several would be several answers, numbers are no words. */
function readPrompt(fields: Fields): string {
  const prompt = fields.value('prompt');
  const [first, ...more] = Array.isArray(prompt) ? prompt : [prompt];
  if (typeof first === 'string' && more.length === 0) return first;
  fields.losses.refuse('prompt', 'must be one text at this model');
  return '';
}

export function writeCompletion(answer: Answer, createdSeconds: number): Record<string, unknown> {
  const texts = answer.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  return {
    id: answer.id,
    object: 'text_completion',
    created: createdSeconds,
    model: answer.model,
    choices: [choice(texts.join(''), writeChatStop(answer.stop))],
    usage: writeCounts(answer.counts, chatCounts),
  };
}

function choice(text: string, finish: string | null): object {
  return { index: 0, text, logprobs: null, finish_reason: finish };
}

/** `countInStream`: whether the client asked for the extra chunk with counts. */
export function writeCompletionStream(
  createdSeconds: number,
  countInStream: boolean,
): StreamWriter {
  let [id, model] = ['', ''];
  let isText = false;
  const send = (rest: object) =>
    `data: ${JSON.stringify({ id, object: 'text_completion', created: createdSeconds, model, ...rest })}\n\n`;
  return {
    write(event) {
      if (event.kind === 'start') ({ id, model } = event);
      if (event.kind === 'open') isText = event.part.kind === 'text';
      // Thoughts have no place in a text.
      if (event.kind === 'text' && isText) return send({ choices: [choice(event.text, null)] });
      if (event.kind === 'end') {
        const last = send({ choices: [choice('', writeChatStop(event.stop))] });
        const usage = writeCounts(event.counts, chatCounts);
        return `${last}${countInStream ? send({ choices: [], usage }) : ''}data: [DONE]\n\n`;
      }
      if (event.kind !== 'error') return '';
      const { type, message } = event;
      return `data: ${JSON.stringify({ error: { message, type, param: null, code: null } })}\n\n`;
    },
  };
}
