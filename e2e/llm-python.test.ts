// The official Python clients against the model proxy and, behind it, the egress proxy: whole and
// streamed answers, tools, refusals.
// `npm test` installs them below .cache; where it could not, the test says why it is left out.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { startStackBehindEgress } from '../src/testing/egress-way.ts';
import { virtualKey } from '../src/testing/provider-stack.ts';

const python = join(import.meta.dirname, '../.cache/python/bin/python');
const missing = existsSync(python)
  ? false
  : 'no Python clients in .cache/python: install python3 with venv, then run npm test';

const openai = `
import json, os, openai
client = openai.OpenAI(base_url=os.environ["URL"] + "/v1", api_key=os.environ["KEY"], max_retries=0)
said = [{"role": "user", "content": "good morning"}]
whole = client.chat.completions.create(model="mini", messages=said)
pieces = [chunk.choices[0].delta.content or ""
          for chunk in client.chat.completions.create(model="mini", messages=said, stream=True)]
tool = {"type": "function", "function": {"name": "get_weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
asked = client.chat.completions.create(
    model="mini", tools=[tool], messages=[{"role": "user", "content": 'use get_weather for "Oslo"'}])
call = asked.choices[0].message.tool_calls[0]
refused = []
for key, model in [(os.environ["KEY"], "no"), ("vk-wrong", "mini")]:
    try:
        client.with_options(api_key=key).chat.completions.create(model=model, messages=said)
    except openai.APIStatusError as error:
        refused.append([type(error).__name__, error.status_code, error.code])
print(json.dumps({"whole": whole.choices[0].message.content, "pieces": pieces, "refused": refused,
    "tool": [call.function.name, json.loads(call.function.arguments)]}))
`;

const anthropic = `
import json, os, anthropic
client = anthropic.Anthropic(base_url=os.environ["URL"], api_key=os.environ["KEY"], max_retries=0)
said = [{"role": "user", "content": "good morning"}]
whole = client.messages.create(model="sonnet", max_tokens=100, messages=said)
with client.messages.stream(model="sonnet", max_tokens=100, messages=said) as stream:
    pieces = list(stream.text_stream)
tool = {"name": "get_weather", "input_schema": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
asked = client.messages.create(model="sonnet", max_tokens=100, tools=[tool],
    messages=[{"role": "user", "content": 'use get_weather for "Oslo"'}])
call = [block for block in asked.content if block.type == "tool_use"][0]
refused = []
for key, model in [(os.environ["KEY"], "no"), ("vk-wrong", "sonnet")]:
    try:
        client.with_options(api_key=key).messages.create(model=model, max_tokens=1, messages=said)
    except anthropic.APIStatusError as error:
        refused.append([type(error).__name__, error.status_code, error.body["error"]["code"]])
print(json.dumps({"whole": whole.content[0].text, "pieces": pieces, "refused": refused,
    "tool": [call.name, call.input]}))
`;

for (const [name, program] of Object.entries({ openai, anthropic })) {
  test(`the Python client of ${name} does what it does at the provider`, {
    skip: missing,
  }, async () => {
    await using stack = await startStackBehindEgress();
    const { whole, pieces, tool, refused } = JSON.parse(await run(program, stack.url));
    assert.match(whole, /good morning/);
    assert.ok(pieces.length > 1, 'it came in pieces');
    assert.match(pieces.join(''), /good morning/);
    assert.deepEqual(tool, ['get_weather', { city: 'Oslo' }]);
    assert.deepEqual(refused, [
      ['NotFoundError', 404, 'model-unknown'],
      ['AuthenticationError', 401, 'key-unknown'],
    ]);
  });
}

async function run(program: string, url: string): Promise<string> {
  const child = spawn(python, ['-c', program], {
    env: { URL: url, KEY: virtualKey },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  assert.equal(code, 0);
  return said;
}
