// `clincher sandbox explain METHOD PATH`: what docker-proxy would say to this call; or, where the
// sandbox is one over SSH, what it would say to this request and command.

import { Command } from 'commander';
import { type StackFlags, withExamples, withStack } from '../flags.ts';

interface Flags extends StackFlags {
  readonly as: string;
  readonly scope: string;
  readonly settings?: string;
  readonly body?: string;
  readonly json?: boolean;
}

export function sandboxExplainCommand(): Command {
  const command = withStack(new Command('explain'))
    .description('may this be asked of the sandbox, by which rule; or why not')
    .argument('<method>', 'GET, HEAD, POST, PUT or DELETE; over SSH: exec, subsystem, direct-tcpip')
    .argument('[path]', 'as the API writes it, with its query; over SSH: the command')
    .option('--scope <name>', 'over SSH: the user name, whose folders it sees', 'agent')
    .option('--as <caller>', 'the service that asks', 'gateway')
    .option('--body <file>', 'the body of the call; - for standard input')
    .option('--settings <file>', 'of a proxy run alone, instead of the configuration')
    .option('--json', 'as JSON')
    .action(async (method: string, target: string | undefined, flags: Flags) => {
      const { output } = await import('../output.ts');
      const { callerIn, declaredSandbox } = await import('../sandbox/declared.ts');
      const declared = await declaredSandbox(flags);
      if (declared.backend === 'ssh') {
        const { explainSsh, sshLines } = await import('../sandbox/explain-ssh.ts');
        const asked = { kind: method, command: target ?? null, scope: flags.scope };
        const explanation = explainSsh(declared, asked);
        if (flags.json === true) output.json(explanation);
        else for (const line of sshLines(explanation)) output.line(line);
        if (explanation.verdict === 'deny') process.exitCode = 1;
        return;
      }
      const { readBody } = await import('../sandbox/read-body.ts');
      const { explainCall, explanationLines, pathOf } = await import('../sandbox/explain.ts');
      const policy = callerIn(declared, flags.as);
      const body = flags.body === undefined ? null : await readBody(flags.body);
      const explanation = explainCall(policy, { method, target: pathOf(target), body });
      if (flags.json === true) output.json(explanation);
      else for (const line of explanationLines(explanation)) output.line(line);
      if (explanation.verdict === 'deny') process.exitCode = 1;
    });
  return withExamples(command, [
    'clincher sandbox explain GET /containers/json         exit code 0: it may, 1: it may not',
    'clincher sandbox explain POST /containers/create --body create.json',
    "clincher sandbox explain GET '/containers/x/logs?stdout=1' --as gateway",
    "clincher sandbox explain exec 'python3 x.py'          over SSH: in what jail it would run",
  ]);
}
