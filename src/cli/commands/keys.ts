// `clincher keys`: virtual keys made, changed and taken back. They are kept beside the ledger, so
// this works whether llm runs or not; a running one takes a change in within a second.

import { Command, InvalidArgumentError } from 'commander';
import { withExamples, withLedger } from '../flags.ts';
import type { KeyFlags, KeyTermFlags } from '../keys/change-keys.ts';

export function keysCommand(): Command {
  const command = new Command('keys').description('virtual keys: who may ask for models');
  command.addCommand(listCommand());
  command.addCommand(generateCommand());
  command.addCommand(updateCommand());
  for (const action of ['block', 'unblock', 'regenerate', 'delete'] as const) {
    command.addCommand(oneCommand(action));
  }
  return withExamples(command, [
    'clincher keys list',
    'clincher keys generate --alias ci --model default --budget 5 --per 1d',
    'clincher keys regenerate ci            a new value; what was spent stays counted',
    'clincher keys block ci',
  ]);
}

function listCommand(): Command {
  return withLedger(new Command('list'))
    .description('every key, what it may spend and has spent; values are never shown')
    .option('--json', 'as JSON')
    .action(async (flags: KeyFlags) => {
      const { output } = await import('../output.ts');
      const { listKeys } = await import('../keys/change-keys.ts');
      const { keyLines } = await import('../keys/key-text.ts');
      const keys = listKeys(flags);
      if (flags.json === true) return output.json(keys);
      for (const line of keyLines(keys)) output.line(line);
    });
}

function generateCommand(): Command {
  return withTerms(withLedger(new Command('generate')))
    .description('makes a key; its value is shown once')
    .action(async (flags: KeyTermFlags) => {
      const { output } = await import('../output.ts');
      const { generateKey } = await import('../keys/change-keys.ts');
      const { json, value } = generateKey(flags);
      if (flags.json === true) return output.json({ key: value, ...json });
      output.line(value);
      output.note(`made ${json.name}; this is the only time its value is shown`);
    });
}

function updateCommand(): Command {
  return withTerms(withLedger(new Command('update')))
    .description('changes what a key may do')
    .argument('<key>', 'its name or alias')
    .action(async (which: string, flags: KeyTermFlags) => {
      const { output } = await import('../output.ts');
      const { updateKey } = await import('../keys/change-keys.ts');
      const key = updateKey(which, flags);
      if (flags.json === true) return output.json(key);
      output.line(`changed ${key.name}`);
    });
}

const said = {
  block: ['takes a key out of use', 'blocked'],
  unblock: ['brings a blocked key back', 'unblocked'],
  regenerate: ['a new value for a key; name, terms and spending stay', 'new value for'],
  delete: ['takes a key away for good; the ledger keeps what it spent', 'deleted'],
} as const;

function oneCommand(action: keyof typeof said): Command {
  const [description, done] = said[action];
  return withLedger(new Command(action))
    .description(description)
    .argument('<key>', 'its name or alias')
    .action(async (which: string, flags: KeyFlags) => {
      const { output } = await import('../output.ts');
      const { changeKey } = await import('../keys/change-keys.ts');
      const { json, value } = changeKey(action, which, flags);
      if (value !== null) output.line(value);
      output.note(`${done} ${json.name}`);
    });
}

function withTerms(command: Command): Command {
  const list = (value: string, before: readonly string[] = []) => [...before, value];
  return command
    .option('--alias <name>', 'a name of your own for it')
    .option('--caller <service>', 'good on the socket of this service alone')
    .option('--model <name>', 'may ask for this model; again for more (default: all)', list)
    .option('--budget <usd>', 'US dollars it may spend', amount)
    .option('--per <duration>', 'in each such stretch: 1h, 1d, 30d (default: in all)')
    .option('--rpm <count>', 'requests a minute', whole)
    .option('--tpm <count>', 'tokens a minute', whole)
    .option('--parallel <count>', 'calls at the same time', whole)
    .option('--expires <duration>', 'no longer good after: 90d; -1 for never')
    .option('--json', 'as JSON');
}

function whole(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a whole number.');
}

function amount(text: string): number {
  if (/^[0-9]{1,7}(?:\.[0-9]{1,9})?$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a plain decimal, such as 2.50.');
}
