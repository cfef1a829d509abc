// `clincher egress`: what the egress proxy decided, why, and what would change it; and the proxy
// itself, alone, for who comes from Smokescreen.

import { Command } from 'commander';
import type { AclFlags } from '../egress/acl-flags.ts';
import { withExamples } from '../flags.ts';
import { egressCredentialCommand } from './egress-credential.ts';
import { egressExplainCommand } from './egress-explain.ts';
import { egressLogCommand } from './egress-log.ts';
import { egressSuggestCommand } from './egress-suggest.ts';
import { egressTopCommand } from './egress-top.ts';

export function egressCommand(): Command {
  const command = new Command('egress')
    .description('what the egress proxy decided, and why; with --acl, the proxy itself')
    .enablePositionalOptions();
  withServing(command);
  command.addCommand(egressLogCommand());
  command.addCommand(egressExplainCommand());
  command.addCommand(egressSuggestCommand());
  command.addCommand(egressTopCommand());
  command.addCommand(egressCredentialCommand());
  return withExamples(command, [
    'clincher egress --acl acl.yaml                  run it alone, by a Smokescreen ACL',
    'clincher egress log --verdict deny              what was refused, and which line would allow it',
    'clincher egress explain example.com --as llm    may it, by which rule; or why not',
    'clincher egress suggest                         the record as a change of clincher.yaml',
    'clincher egress top                             who talks to whom, and how much',
  ]);
}

/** A flag for each looseness: docs/egress-from-smokescreen.md says what each gives up. */
function withServing(command: Command): void {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  command
    .option('--acl <file>', 'serve by this Smokescreen ACL, version 1')
    .option('--listen <address>', 'again for more (default: 127.0.0.1:4750)', list)
    .option('--caller <name>', 'who all its clients are (default: `default`, on loopback only)')
    .option('--tls-cert <file>', 'certificate of the proxy, PEM')
    .option('--tls-key <file>', 'its key, if not in the same file')
    .option('--client-ca <file>', 'mutual TLS: a client is who its certificate names')
    .option('--client-crl <file>', 'certificates that were revoked')
    .option('--caller-from <cn|ou>', 'common name, or first organizational unit')
    .option('--credentials <file>', 'a client is who its proxy credentials name')
    .option('--proxy-protocol', 'connections begin with a PROXY protocol header')
    .option('--admin <address>', 'health and metrics', list)
    .option('--resolver <address>', 'name server to ask', list)
    .option('--deny-address <range>', 'never dialled; with :port or without', list)
    .option('--unsafe-allow-address <range>', 'dialled though it is not public', list)
    .option('--any-port', 'not only port 443')
    .option('--plaintext', 'not only TLS that names the host')
    .option('--plain-http', 'forward plain HTTP requests too')
    .option('--rules-over-deny', "a service's own hosts before the global deny list")
    .option('--one-label', '`*.` for one label, not for any number (stricter)')
    .option('--unsafe-open', 'obey `action: open`, which lets everything out')
    .action(async (flags: AclFlags | { readonly acl?: undefined }) => {
      if (flags.acl === undefined) return command.outputHelp();
      const { serveAcl } = await import('../egress/serve-acl.ts');
      process.exit(await serveAcl(flags));
    });
}
