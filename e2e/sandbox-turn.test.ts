// The agent's tools over SSH, with the real agent: what the model asks for runs in a jail of its
// own, not beside the agent's keys.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AgentStack, bringUpAgent } from '../src/testing/agent-stack.ts';
import { toolResultOf } from '../src/testing/ask-agent.ts';

let stack: AgentStack;
before(async () => {
  stack = await bringUpAgent({ dialect: 'openai', sandbox: 'ssh' });
});
after(() => stack[Symbol.asyncDispose]());

const closing = 'That was all.';
const agents = ['/run/clincher', '/opt/clincher', '/opt/agent', '/var/lib/clincher'];
const look = [
  'echo in-the-sandbox-$((6*7)) of $(hostname)',
  `ls -d ${agents.join(' ')}`,
  "find / -name 'agent-key*' -o -name '*gateway-token*' -o -name sandbox-client-key 2>/dev/null",
  'echo "interfaces: $(tail -n +3 /proc/net/dev | cut -d: -f1 | xargs)"',
  'echo kept > kept.txt',
].join('; ');

test('a tool call runs in the sandbox, where nothing of the agent is', async () => {
  const result = await toolResultOf(stack, { tool: 'exec', input: { command: look }, closing });
  assert.match(result, /in-the-sandbox-42 of sandbox/);
  for (const folder of agents) {
    assert.ok(result.includes(`cannot access '${folder}': No such file or directory`), result);
  }
  assert.match(result, /interfaces: lo"?$/m);
  assert.ok(!/-key|-token/.test(result), result);
});

test('the file tools work there, too, on what a command left and for the next', async () => {
  const read = { tool: 'read', input: { path: 'kept.txt' }, closing };
  assert.match(await toolResultOf(stack, read), /kept/);
  const write = { tool: 'write', input: { path: 'made.txt', content: 'by the tool' }, closing };
  assert.match(await toolResultOf(stack, write), /Successfully wrote 11 bytes to \/sandbox\//);
  const cat = { tool: 'exec', input: { command: 'cat made.txt' }, closing };
  assert.match(await toolResultOf(stack, cat), /by the tool/);
});

test('each step the agent took there is one record, and each was allowed', async () => {
  const records = await stack.decisions('sandbox');
  assert.ok(records.length > 5);
  for (const { caller, verdict, scope } of records) {
    assert.deepEqual([caller, verdict, scope], ['gateway', 'allow', 'agent']);
  }
  const steps = new Set(records.map(({ step }) => step));
  for (const step of ['check', 'stage', 'upload', 'exec-stage', 'exec', 'fs']) {
    assert.ok(steps.has(`openclaw-sandbox-${step}`), [...steps].join());
  }
});

test('verify finds what was declared, and nothing else', async () => {
  const { code, stdout, stderr } = await stack.clincher('verify');
  assert.equal(code, 0, stdout + stderr);
});
