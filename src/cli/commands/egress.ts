// `clincher egress`: what the egress proxy decided, why, and what would change it.

import { Command } from 'commander';
import { withExamples } from '../flags.ts';
import { egressExplainCommand } from './egress-explain.ts';
import { egressLogCommand } from './egress-log.ts';
import { egressSuggestCommand } from './egress-suggest.ts';
import { egressTopCommand } from './egress-top.ts';

export function egressCommand(): Command {
  const command = new Command('egress').description('what the egress proxy decided, and why');
  command.addCommand(egressLogCommand());
  command.addCommand(egressExplainCommand());
  command.addCommand(egressSuggestCommand());
  command.addCommand(egressTopCommand());
  return withExamples(command, [
    'clincher egress log --verdict deny              what was refused, and which line would allow it',
    'clincher egress explain example.com --as llm    may it, by which rule; or why not',
    'clincher egress suggest                         the record as a change of clincher.yaml',
    'clincher egress top                             who talks to whom, and how much',
  ]);
}
