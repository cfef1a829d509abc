// `clincher egress credential CALLER --file FILE`: a new secret for a client of the egress proxy.
// The file gets its hash; the secret itself is printed once and kept nowhere.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';

export function egressCredentialCommand(): Command {
  const command = new Command('credential')
    .description('make a secret for a client of the proxy; the file keeps its hash')
    .argument('<caller>', 'the name that rules call it by')
    .requiredOption('--file <file>', 'the file that --credentials names')
    .action(async (caller: string, { file }: { readonly file: string }) => {
      const { addCredential } = await import('../egress/add-credential.ts');
      const { output } = await import('../output.ts');
      output.line(await addCredential(file, caller));
      output.note(`Give it to ${caller} as the password of its proxy; it is not shown again.`);
    });
  return withExamples(command, ['clincher egress credential billing --file callers']);
}
