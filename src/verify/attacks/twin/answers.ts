// What the twin's provider answers, by API; `{{text}}`, `{{id}}` and `{{tokens}}` are filled in
// where it answers.

const tokens = -1;
const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const chatUsage = { prompt_tokens: 1, completion_tokens: tokens, total_tokens: tokens };
const usage = { input_tokens: 1, output_tokens: tokens, total_tokens: tokens };

export interface CanaryAnswers {
  readonly whole: Readonly<Record<string, string>>;
  /** Of a stream: what comes again and again, and how it ends. */
  readonly piece: string;
  readonly end: string;
}

const message = { role: 'assistant', content: '{{text}}' };
const part = { type: 'output_text', text: '{{text}}', annotations: [] };
const item = { id: 'o', type: 'message', role: 'assistant', status: 'completed', content: [part] };

export const canaryAnswers: CanaryAnswers = {
  whole: {
    '/chat/completions': json({
      ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage: chatUsage,
    }),
    '/messages': json({
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'end_turn' },
      content: [{ type: 'text', text: '{{text}}' }],
      usage,
    }),
    '/responses': json({
      ...{ id: 'resp_{{id}}', object: 'response', created_at: 1, status: 'completed', model: 'm' },
      // Or a cache could not tell that it is whole, and nobody would be shown to keep it.
      incomplete_details: null,
      output: [item],
      usage,
    }),
  },
  piece: event({ ...chunk, choices: [{ index: 0, delta: { content: '{{text}}' } }] }),
  end: [
    event({ ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
    event({ ...chunk, choices: [], usage: chatUsage }),
    'data: [DONE]\n\n',
  ].join(''),
};

function json(answer: unknown): string {
  return JSON.stringify(answer).replaceAll(String(tokens), '{{tokens}}');
}

function event(data: unknown): string {
  return `data: ${json(data)}\n\n`;
}
