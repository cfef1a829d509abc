// `clincher docker-proxy --tecnativa`: the proxy alone, by the switches in the environment, in the
// place of Tecnativa's docker-socket-proxy.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';
import type { TecnativaFlags } from '../sandbox/tecnativa.ts';

interface Flags extends TecnativaFlags {
  readonly tecnativa?: boolean;
}

export function dockerProxyCommand(): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  const command = new Command('docker-proxy')
    .description('a Docker API proxy alone, in the place of docker-socket-proxy')
    .option('--tecnativa', 'by the switches in the environment: CONTAINERS=1, EXEC=1, POST=1 ...')
    .option('--listen <address>', 'again for more (default: [::]:2375, as the image has it)', list)
    .option('--docker <address>', 'the daemon (default: SOCKET_PATH, or /var/run/docker.sock)')
    .option('--admin <address>', 'health and metrics', list)
    .action(async (flags: Flags) => {
      if (flags.tecnativa !== true) return command.outputHelp();
      const { serveTecnativa } = await import('../sandbox/serve-tecnativa.ts');
      process.exit(await serveTecnativa(flags));
    });
  return withExamples(command, [
    'CONTAINERS=1 clincher docker-proxy --tecnativa --listen 127.0.0.1:2375',
    'clincher serve docker-proxy --settings docker-proxy.json      with profiles and a template',
  ]);
}
