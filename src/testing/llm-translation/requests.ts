// Shortest requests of each API, to put one feature on.

export const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
};

export const chat = (more: object) => ({ messages: [{ role: 'user', content: 'hi' }], ...more });
export const messages = (more: object) => ({
  max_tokens: 100,
  messages: [{ role: 'user', content: 'hi' }],
  ...more,
});
export const responses = (more: object) => ({ input: 'hi', ...more });
export const completion = (more: object) => ({ prompt: 'hi', ...more });

export const chatTool = (more: object) => ({
  tools: [{ type: 'function', function: { name: 'weather', parameters: schema } }],
  ...more,
});
export const messagesTool = (more: object) => ({
  tools: [{ name: 'weather', input_schema: schema }],
  ...more,
});
export const responsesTool = (more: object) => ({
  tools: [{ type: 'function', name: 'weather', parameters: schema, strict: false }],
  ...more,
});
