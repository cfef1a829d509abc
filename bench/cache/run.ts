// What the cache of answers costs: `node bench/cache/run.ts [--entries 100000] [--requests 1000]
// [--words common] [--only memory,lookups,proxies] [--sentences PYTHON]`; sentence-server.py says
// what of Python. A hit beside forwarding, through whole model proxies; a hit's way beside an
// embedding call over HTTP and a search in Redis 8 (which `npm test` installs); memory. All in a
// network namespace with nothing but loopback.

import { parseArgs } from 'node:util';
import { inNamespace } from '../namespace.ts';
import { measureLookups } from './lookups.ts';
import { measureMemory } from './memory.ts';
import { measureProxies } from './proxies.ts';

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '100000' },
    requests: { type: 'string', default: '1000' },
    words: { type: 'string', default: 'any' },
    sentences: { type: 'string' },
    only: { type: 'string', default: 'memory,lookups,proxies' },
  },
});
const [entries, requests] = [Number(values.entries), Number(values.requests)];
const words = values.words === 'common' ? 'common' : 'any';
const parts = { memory: measureMemory, lookups: measureLookups, proxies: measureProxies };

await inNamespace(async (folder) => {
  for (const [name, measure] of Object.entries(parts)) {
    if (!values.only.split(',').includes(name)) continue;
    const sentences = values.sentences ?? null;
    const rows = await measure({ folder, entries, requests, words, sentences });
    const lines = rows.map((cells) => `| ${cells.join(' | ')} |`);
    lines.splice(1, 0, `| ${(rows[0] ?? []).map(() => '---').join(' | ')} |`);
    process.stdout.write(`### ${name}\n\n${lines.join('\n')}\n\n`);
  }
});
