// `clincher egress explain HOST --as CALLER`: may it, by which rule; or why not, and which line
// would allow it.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

interface Flags extends StackFlags {
  readonly as: string;
  readonly settings?: string;
  readonly acl?: string;
  readonly resolve?: boolean;
  readonly json?: boolean;
}

export function egressExplainCommand(): Command {
  const command = withStack(new Command('explain'))
    .description('may this caller reach this host, by which rule; or why not')
    .argument('<host>', 'HOST or HOST:PORT; port 443 when there is none')
    .requiredOption('--as <caller>', 'the service that asks')
    .option('--settings <file>', 'of a proxy run alone, instead of the configuration')
    .option('--acl <file>', 'a Smokescreen ACL, instead of the configuration')
    .option('--resolve', 'ask the resolver too, and judge each address; only for an allowed host')
    .option('--json', 'as JSON')
    .action(async (host: string, flags: Flags) => {
      const { output } = await import('../output.ts');
      const { explanationLines } = await import('../egress/explain.ts');
      const { explainDeclared } = await import('../egress/declared.ts');
      const explanation = await explainDeclared(flags, host);
      if (flags.json === true) output.json(explanation);
      else for (const line of explanationLines(explanation)) output.line(line);
      if (explanation.verdict === 'deny') process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher egress explain api.anthropic.com --as llm     exit code 0: it may, 1: it may not',
    'clincher egress explain example.com:8443 --as gateway --resolve',
    'clincher egress explain example.com --as ci --settings egress.json',
    'clincher egress explain example.com --as ci --acl acl.yaml',
  ]);
}
