// `clincher sandbox explain METHOD PATH`: what docker-proxy would say to this call.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

interface Flags extends StackFlags {
  readonly as: string;
  readonly settings?: string;
  readonly body?: string;
  readonly json?: boolean;
}

export function sandboxExplainCommand(): Command {
  const command = withStack(new Command('explain'))
    .description('may this caller ask this of the Docker API, by which rule; or why not')
    .argument('<method>', 'GET, HEAD, POST, PUT or DELETE')
    .argument('<path>', 'as the API writes it, with its query')
    .option('--as <caller>', 'the service that asks', 'gateway')
    .option('--body <file>', 'the body of the call; - for standard input')
    .option('--settings <file>', 'of a proxy run alone, instead of the configuration')
    .option('--json', 'as JSON')
    .action(async (method: string, target: string, flags: Flags) => {
      const { output } = await import('../output.ts');
      const { readBody } = await import('../sandbox/read-body.ts');
      const { callerIn, declaredDocker } = await import('../sandbox/declared.ts');
      const { explainCall, explanationLines } = await import('../sandbox/explain.ts');
      const policy = callerIn(await declaredDocker(flags), flags.as);
      const body = flags.body === undefined ? null : await readBody(flags.body);
      const explanation = explainCall(policy, { method, target, body });
      if (flags.json === true) output.json(explanation);
      else for (const line of explanationLines(explanation)) output.line(line);
      if (explanation.verdict === 'deny') process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher sandbox explain GET /containers/json         exit code 0: it may, 1: it may not',
    'clincher sandbox explain POST /containers/create --body create.json',
    "clincher sandbox explain GET '/containers/x/logs?stdout=1' --as gateway",
  ]);
}
