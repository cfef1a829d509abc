// `clincher check`: is the declared topology safe? And of a Compose file of somebody else's: what
// is open in it? Reads, touches nothing.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

interface Flags extends StackFlags {
  readonly json?: boolean;
  readonly compose?: string;
  readonly agent?: string;
}

export function checkCommand(): Command {
  const command = withStack(new Command('check'))
    .description('is the declared topology safe? (no machine touched)')
    .option('--json', 'findings as JSON')
    .option('--compose <file>', 'of a stack that clincher did not make: what is open in it?')
    .option('--agent <service>', 'with --compose: the service that the agent is in')
    .action(async (flags: Flags) => {
      const { output } = await import('../output.ts');
      const { findingLines, hasFatal } = await import('../findings.ts');
      const { findings, looked } = await findingsOf(flags);
      if (flags.json === true) output.json({ findings });
      else for (const line of findingLines(findings, looked)) output.line(line);
      if (hasFatal(findings)) process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher check                      exit code 0: safe, 1: a finding is fatal, 2: wrong input',
    'clincher check --json | jq .findings',
    'clincher check --compose ../old/compose.yaml      the stack you have; nothing of it is started',
    'clincher check --compose compose.yaml --agent bot',
  ]);
}

async function findingsOf(flags: Flags) {
  if (flags.compose !== undefined) {
    const { foundFindings } = await import('../found-stack.ts');
    return foundFindings(flags.compose, flags.agent ?? null);
  }
  const { declareStack } = await import('../stack.ts');
  const { findings, topology } = await declareStack(flags);
  const { services, edges } = topology;
  return { findings, looked: `${services.length} services, ${edges.length} edges` };
}
