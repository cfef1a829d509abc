// Another machine on a wire to this one, inside a network of a test's own: a namespace at the other
// end of a pair of interfaces, with every address that is to ask from there.

import assert from 'node:assert/strict';
import { run } from './run-program.ts';

/** This machine's addresses on the wire. */
export const wireAddresses = { four: '203.0.113.201', six: '2001:db8:0:9::1' } as const;

export interface FarMachine {
  /** Whether a connection from one of its addresses to a port of this machine comes about. */
  asks(from: string, port: number): Promise<boolean>;
}

export async function farMachine(clients: readonly string[]): Promise<FarMachine> {
  const { four, six } = wireAddresses;
  // `ip netns` keeps its names there, and the machine's own are none of ours.
  await must('mount -t tmpfs none /run && mkdir -p /run/netns && ip netns add far');
  await must('ip link add near0 type veth peer name far0 netns far && ip link set near0 up');
  await must(`ip addr add ${four}/32 dev near0 && ip addr add ${six}/128 dev near0 nodad`);
  await must(`ip -n far link set far0 up && ip -n far route add ${four} dev far0`);
  await must(`ip -n far -6 route add ${six} dev far0`);
  for (const address of clients) {
    const isSix = address.includes(':');
    const whole = `${address}/${isSix ? 128 : 32}`;
    await must(`ip -n far addr add ${whole} dev far0 ${isSix ? 'nodad' : ''}`);
    await must(`ip route add ${whole} dev near0`);
  }
  return {
    asks: async (from, port) => {
      const host = from.includes(':') ? six : four;
      const script = `const s=require('net').connect({host:'${host}',port:${port},localAddress:'${from}'});
    s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1));setTimeout(()=>process.exit(1),1000)`;
      const { code } = await run(['ip', 'netns', 'exec', 'far', process.execPath, '-e', script]);
      return code === 0;
    },
  };
}

/** A shell command that must end well; resolves to what it printed. */
export async function must(command: string, input?: string): Promise<string> {
  const outcome = await run(['sh', '-ec', command], input === undefined ? {} : { input });
  assert.equal(outcome.code, 0, `${command}: ${outcome.stderr}`);
  return outcome.stdout;
}
