// Something in a guard's place that says yes to whoever asks, and dials nobody: the worst guard
// there can be, and harmless.

import { join } from 'node:path';
import type { ServicePlan } from '../../plan/model.ts';
import { inside, supervisorName } from '../../plan/paths.ts';
import type { StackCopy } from './stack-copy.ts';

/** Two of them may be on the host's network at once: the way out, and the way in. */
const readyPorts = { sockets: 18_788, host: 18_787 };

/** `answer` is the text of a function from what it was told to what it says. */
const programWith = (answer: string) => `
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
const yes = 'HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n';
const answer = ${answer};
const meet = (socket) => {
  socket.on('error', () => {});
  socket.once('data', (data) => socket.end(answer(data.toString('latin1'))));
};
const read = (name) => readFileSync('${inside.secrets}/ingress-tls-' + name);
for (const place of process.argv.slice(2)) {
  const [host, port] = place.split(' ');
  // Whoever stood there before was ended, and has left it.
  if (port === undefined) rmSync(place, { force: true });
  if (port === undefined) createServer(meet).listen({ path: place });
  else createTlsServer({ cert: read('cert'), key: read('key') }, meet).listen({ host, port });
}
createServer(meet).listen({ port: Number(process.argv[1]), host: '127.0.0.1' });
`;

const count = `((words) => (text) => {
  for (const [word] of text.matchAll(/told[0-9a-f]+x[0-9]+x[0-9]+x/g)) words.add(word);
  const series = [...words].map((word) => 'clincher_decisions_total{caller="' + word + '"} 1\\n');
  const body = text.startsWith('GET /metrics ') ? series.join('') : '';
  return yes.replace('length: 0', 'length: ' + body.length) + body;
})(new Set())`;

/** What the host would hand over it opens by itself, on the host's network. */
export function sayingYes(plan: ServicePlan, answer = '() => yes'): Partial<ServicePlan> {
  const { listens, settings } = plan;
  const admins = settings.admin as readonly string[];
  const sockets = listens
    .filter(({ peer }) => peer !== supervisorName)
    .map(({ folder }) => `${folder}/sock`)
    .filter((path) => !admins.includes(`unix:${path}`));
  return inPlaceOf(plan, answer, sockets);
}

const logsInside = '/srv/logs';

/** Its log is in its hands, and it writes what it is told there as it comes. */
export function writingDown(plan: ServicePlan, { stateDir }: StackCopy): Partial<ServicePlan> {
  const file = `${logsInside}/${plan.name}.log`;
  const write = `(text) => (appendFileSync('${file}', text + String.fromCharCode(10)), yes)`;
  const logs = { source: join(stateDir, 'logs'), target: logsInside, readOnly: false };
  return { ...sayingYes(plan, write), mounts: [...plan.mounts, logs] };
}

/** It tells on what it is told, on its own page of metrics as the name of who called. */
export function counting(plan: ServicePlan): Partial<ServicePlan> {
  const own = plan.listens.filter(({ peer }) => peer !== supervisorName);
  const admin = plan.listens
    .filter(({ peer }) => peer === supervisorName)
    .map(({ folder }) => `unix:${folder}/sock`);
  const sockets = own.map(({ folder }) => `${folder}/sock`);
  return inPlaceOf({ ...plan, settings: { ...plan.settings, admin } }, count, sockets);
}

function inPlaceOf(
  { name, inherits, settings }: ServicePlan,
  answer: string,
  sockets: readonly string[],
): Partial<ServicePlan> {
  const ports = inherits.map(({ host, port }) => `${host} ${port}`);
  const ready = ports.length === 0 ? readyPorts.sockets : readyPorts.host;
  return {
    role: 'relay',
    ...(ports.length === 0 ? {} : { network: 'outside', inherits: [] }),
    settings: {
      ...{ service: name, admin: settings.admin, listen: [], dial: [] },
      program: {
        ...{
          argv: [
            inside.node,
            '--input-type=module',
            '-e',
            programWith(answer),
            String(ready),
            ...sockets,
            ...ports,
          ],
          env: {},
          cwd: '/tmp',
        },
        readyUrl: `http://127.0.0.1:${ready}/`,
      },
    },
  };
}
