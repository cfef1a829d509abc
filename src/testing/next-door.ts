// Another machine beside this one, for tests: a network namespace with a cable to that of the test.
// What it can reach is what a neighbour can, not what this machine can reach of itself.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { run } from './run-program.ts';

export interface NextDoor extends Disposable {
  /** This machine's address on the cable. */
  readonly here: string;
  /** Whether a connection is made from over there. */
  reaches(host: string, port: number): Promise<boolean>;
}

const [here, there] = ['192.0.2.129', '192.0.2.130'] as const;
const cable = 'next-door';

/** In a network of the test's own alone (netns.ts). */
export async function openNextDoor(): Promise<NextDoor> {
  const machine = spawn('unshare', ['--net', '--', 'sh', '-c', 'echo up; exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(machine.stdout, 'data');
  const pid = String(machine.pid);
  const inside = ['nsenter', '--target', pid, '--net', '--'];
  const end = ['name', cable];
  await must(['ip', 'link', 'add', ...end, 'type', 'veth', 'peer', ...end, 'netns', pid]);
  for (const [address, where] of [
    [here, []],
    [there, inside],
  ] as const) {
    await must([...where, 'ip', 'address', 'add', `${address}/30`, 'dev', cable]);
    await must([...where, 'ip', 'link', 'set', cable, 'up']);
  }
  await must([...inside, 'ip', 'route', 'add', 'default', 'via', here]);
  return {
    here,
    reaches: async (host, port) => {
      const program = `
        const socket = require('node:net').connect(${port}, '${host}');
        socket.setTimeout(3000, () => process.exit(1));
        socket.once('error', () => process.exit(1)).once('connect', () => process.exit(0));`;
      return (await run([...inside, process.execPath, '-e', program])).code === 0;
    },
    [Symbol.dispose]: () => void machine.kill(),
  };
}

async function must(argv: readonly string[]): Promise<void> {
  const { code, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
}
