// Something in a guard's place that says yes to whoever asks, and dials nobody: the worst guard
// there can be, and harmless.

import type { ServicePlan } from '../../plan/model.ts';
import { inside, supervisorName } from '../../plan/paths.ts';

const readyPort = 18_788;

const program = `
import { createServer } from 'node:net';
const yes = 'HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n';
const open = (at) => createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end(yes));
}).listen(at);
process.argv.slice(1).forEach((path) => open({ path }));
open({ port: ${readyPort}, host: '127.0.0.1' });
`;

export function sayingYes({ name, listens, settings }: ServicePlan): Partial<ServicePlan> {
  const doors = listens.filter(({ peer }) => peer !== supervisorName);
  const admins = settings.admin as readonly string[];
  const sockets = doors
    .map(({ folder }) => `${folder}/sock`)
    .filter((path) => !admins.includes(`unix:${path}`));
  return {
    role: 'relay',
    settings: {
      ...{ service: name, admin: settings.admin, listen: [], dial: [] },
      program: {
        ...{
          argv: [inside.node, '--input-type=module', '-e', program, ...sockets],
          env: {},
          cwd: '/tmp',
        },
        readyUrl: `http://127.0.0.1:${readyPort}/`,
      },
    },
  };
}
