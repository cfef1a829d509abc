// What a conversation is made of: texts, media, calls and their results, thoughts.

import type { Feature } from './feature.ts';
import { chat, chatTool, messages, messagesTool, responses, responsesTool } from './requests.ts';

const png = 'iVBORw0KGgo=';

const called = {
  chat: {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
    ],
  },
  messages: {
    role: 'assistant',
    content: [{ type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Oslo' } }],
  },
  responses: {
    type: 'function_call',
    call_id: 'c1',
    name: 'weather',
    arguments: '{"city":"Oslo"}',
  },
};

const question = { role: 'user', content: 'weather?' };

export const contentFeatures: readonly Feature[] = [
  {
    name: 'instructions of the system',
    requests: {
      chat: chat({
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'hi' },
        ],
      }),
      messages: messages({ system: 'be brief' }),
      responses: responses({ instructions: 'be brief' }),
    },
  },
  {
    name: 'instructions in the middle',
    requests: {
      chat: chat({ messages: [question, { role: 'system', content: 'be brief' }, question] }),
      responses: responses({
        input: [question, { role: 'developer', content: 'be brief' }, question],
      }),
    },
  },
  {
    name: 'image as bytes',
    requests: {
      chat: chat({
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } }],
          },
        ],
      }),
      messages: messages({
        messages: [
          {
            role: 'user',
            content: [
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
            ],
          },
        ],
      }),
      responses: responses({
        input: [
          {
            role: 'user',
            content: [{ type: 'input_image', image_url: `data:image/png;base64,${png}` }],
          },
        ],
      }),
    },
  },
  {
    name: 'image by address',
    requests: {
      chat: chat({
        messages: [
          {
            role: 'user',
            content: [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }],
          },
        ],
      }),
      messages: messages({
        messages: [
          {
            role: 'user',
            content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
          },
        ],
      }),
      responses: responses({
        input: [
          {
            role: 'user',
            content: [{ type: 'input_image', image_url: 'https://example.com/a.png' }],
          },
        ],
      }),
    },
  },
  {
    name: 'PDF as bytes',
    requests: {
      chat: chat({
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'file',
                file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
              },
            ],
          },
        ],
      }),
      messages: messages({
        messages: [
          {
            role: 'user',
            content: [
              {
                type: 'document',
                title: 'a.pdf',
                source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
              },
            ],
          },
        ],
      }),
    },
  },
  {
    name: 'sound',
    requests: {
      chat: chat({
        messages: [
          {
            role: 'user',
            content: [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }],
          },
        ],
      }),
    },
  },
  {
    name: 'tools',
    requests: {
      chat: chat(chatTool({})),
      messages: messages(messagesTool({})),
      responses: responses(responsesTool({})),
    },
  },
  {
    name: 'a tool that must be called',
    requests: {
      chat: chat(chatTool({ tool_choice: { type: 'function', function: { name: 'weather' } } })),
      messages: messages(messagesTool({ tool_choice: { type: 'tool', name: 'weather' } })),
      responses: responses(responsesTool({ tool_choice: { type: 'function', name: 'weather' } })),
    },
  },
  {
    name: 'one call at a time',
    requests: {
      chat: chat(chatTool({ parallel_tool_calls: false })),
      messages: messages(
        messagesTool({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
      ),
      responses: responses(responsesTool({ parallel_tool_calls: false })),
    },
  },
  {
    name: 'calls and their results',
    requests: {
      chat: chat({
        messages: [question, called.chat, { role: 'tool', tool_call_id: 'c1', content: 'rain' }],
      }),
      messages: messages({
        messages: [
          question,
          called.messages,
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'rain' }],
          },
        ],
      }),
      responses: responses({
        input: [
          question,
          called.responses,
          { type: 'function_call_output', call_id: 'c1', output: 'rain' },
        ],
      }),
    },
  },
  {
    name: 'a result that is an error',
    requests: {
      messages: messages({
        messages: [
          question,
          called.messages,
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'down', is_error: true }],
          },
        ],
      }),
    },
  },
  {
    name: 'a result with an image',
    requests: {
      messages: messages({
        messages: [
          question,
          called.messages,
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'c1',
                content: [
                  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
                ],
              },
            ],
          },
        ],
      }),
    },
  },
  {
    name: 'signed thoughts',
    requests: {
      chat: chat({
        messages: [
          question,
          {
            role: 'assistant',
            content: 'dry',
            thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 'c2ln' }],
          },
          question,
        ],
      }),
      messages: messages({
        messages: [
          question,
          {
            role: 'assistant',
            content: [
              { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
              { type: 'text', text: 'dry' },
            ],
          },
          question,
        ],
      }),
    },
  },
];
