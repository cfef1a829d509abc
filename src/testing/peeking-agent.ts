// An agent that wants verification to say what it likes: it looks for a probe all the time, tries
// to write into its memory and its streams, and tells how far it came at a port of its loopback.

import type { ServicePlan } from '../plan/model.ts';

const toldAt = 18_700;

/** A program for Node, in place of the agent's: it answers where the agent would, too. */
export const peekingAgent = `
import { createServer } from 'node:http';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
const seen = new Set();
const answer = (text) => createServer((_, response) => response.end(text()));
answer(() => '{}').listen(18789, '127.0.0.1');
answer(() => JSON.stringify([...seen])).listen(${toldAt}, '127.0.0.1');
const look = (pid) => {
  try {
    const argv = readFileSync('/proc/' + pid + '/cmdline', 'latin1').split('\\0');
    if (!argv.includes('-')) return;
    for (const file of ['mem', 'fd/0', 'fd/1', 'environ']) {
      let code = 'opened';
      try { closeSync(openSync('/proc/' + pid + '/' + file, file === 'environ' ? 'r' : 'r+')); }
      catch (error) { code = error.code; }
      seen.add(file + ' ' + code);
    }
  } catch {}
};
setInterval(() => readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).forEach(look), 10);
`;

/** A plan for the agent's service in which this program stands in the agent's place. */
export const withAgent = (text: string) => (plan: ServicePlan) => {
  const program = plan.settings.program as { readonly argv: readonly string[] };
  const argv = program.argv.with(-1, text);
  return { settings: { ...plan.settings, program: { ...program, argv } } };
};

/** A probe: long enough to be seen. */
export const lingering = 'await new Promise((resolve) => setTimeout(resolve, 700));';

/** A probe: what it came to, sorted. */
export const askPeeking = `
const answer = await fetch('http://127.0.0.1:${toldAt}/');
console.log(JSON.stringify((await answer.json()).sort()));
`;
