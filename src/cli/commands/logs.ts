// `clincher logs`: what the services printed, one or all, with -f as it comes.

import { Command, InvalidArgumentError } from 'commander';
import { type StackFlags, stateDirOf, withExamples, withState } from '../flags.ts';

interface LogFlags extends StackFlags {
  readonly follow?: boolean;
  readonly lines: number;
  readonly json?: boolean;
}

export function logsCommand(): Command {
  const command = withState(new Command('logs'))
    .description('what the services printed')
    .argument('[service]', 'only this one')
    .option('-f, --follow', 'go on as more comes')
    .option('-n, --lines <count>', 'how many of the last lines', count, 100)
    .option('--json', 'the lines as they were written: one JSON object each')
    .action(async (service: string | undefined, flags: LogFlags) => {
      const { logText } = await import('../log-text.ts');
      const { output } = await import('../output.ts');
      const { openDriver } = await import('../running.ts');
      await using driver = await openDriver(stateDirOf(flags));
      const options = { lines: flags.lines, follow: flags.follow === true };
      for await (const line of driver.logs(service ?? null, options)) {
        const text = flags.json === true ? line.text : logText(line.text);
        const named = service === undefined && flags.json !== true;
        output.line(named ? `${line.service.padEnd(12)} ${text}` : text);
      }
    });
  return withExamples(command, [
    'clincher logs',
    'clincher logs llm -f',
    'clincher logs gateway -n 500',
    'clincher logs egress --json | jq .reason',
  ]);
}

function count(text: string): number {
  if (/^[0-9]{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a whole number.');
}
