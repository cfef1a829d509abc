// Whoever asks without TLS does so at port 80: a CA, and a browser that was given a bare name.

import type { Check } from './check.ts';

export const ingressPlain: Check = {
  id: 'ingress-plain',
  invariant: 'What ingress answers without TLS is found where it is asked for: at port 80.',
  because:
    'A CA that finds nobody there signs nothing, and the certificate in use ends; whoever else ' +
    'listens there can have one signed for this name.',
  *find({ topology }) {
    for (const { name, run, at } of topology.services) {
      if (run.role !== 'ingress' || run.plain === undefined) continue;
      const { host, port } = run.plain;
      const own = host.startsWith('127.') || host === '::1';
      if (port === 80 && !own) continue;
      yield {
        severity: 'warning',
        about: name,
        message: `without TLS ${name} is asked at port 80 of its name, and listens at ${host} port ${port}`,
        fix: 'Lead port 80 there (a router, a rule of the firewall), or say plainListen: 0.0.0.0:80.',
        at,
      };
    }
  },
};
