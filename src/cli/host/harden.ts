// `clincher host check` and `harden`: looks at this machine, shows what would change, asks, does
// it.

import { createInterface } from 'node:readline/promises';
import pc from 'picocolors';
import { applyToHost, changeText, undoOnHost } from '../../hardening/apply.ts';
import { hostItems, type LookedAt, lookAtHost } from '../../hardening/index.ts';
import type { HostItem, HostWorld } from '../../hardening/model.ts';
import { exitCodes } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import { readEnvironment } from '../env.ts';
import { findingText, hasFatal } from '../findings.ts';
import { output } from '../output.ts';
import { type HostFlags, wishesOf } from './wishes.ts';

/** Resolves to the exit code: 1 where a finding is fatal. */
export async function checkHost(names: readonly string[], flags: HostFlags): Promise<number> {
  const looked = await lookAtHost(thisHost(), await wishesOf(flags), itemsOf(names));
  const findings = looked.flatMap(({ finding }) => finding ?? []);
  if (flags.json === true) output.json({ findings });
  else for (const line of looked.flatMap(lookLines)) output.line(line);
  return hasFatal(findings) ? exitCodes.no : exitCodes.fine;
}

/** Resolves to the exit code: 1 where something is left that it does not mend. */
export async function hardenHost(names: readonly string[], flags: HostFlags): Promise<number> {
  const host = thisHost();
  if (flags.undo === true) {
    const any = await undoOnHost(host, output.line);
    output.note(any ? 'taken back' : 'there is nothing to take back');
    return exitCodes.fine;
  }
  const looked = await lookAtHost(host, await wishesOf(flags), itemsOf(names));
  if (flags.json === true) output.json({ plan: looked.map(shown) });
  else for (const line of looked.flatMap(planLines)) output.line(line);
  const changes = looked.flatMap((each) => each.changes);
  const isLeft = looked.some(({ finding, changes }) => finding !== null && changes.length === 0);
  const code = isLeft ? exitCodes.no : exitCodes.fine;
  if (changes.length === 0) {
    output.note(isLeft ? 'what is left is for you to mend' : 'this machine is hardened');
    return code;
  }
  if (!(flags.yes === true || (await isAgreed()))) return exitCodes.no;
  await applyToHost(host, changes, flags.json === true ? () => undefined : output.note);
  output.note('done; clincher host harden --undo takes it back');
  return code;
}

function thisHost(): HostWorld {
  const { uid, user, variables } = readEnvironment();
  if (uid === 0) return { root: '/', run: runCommand, user: variables.SUDO_USER ?? user };
  throw new ClincherError('root-needed', 'sshd and the firewall tell root alone how they are set', {
    fix: 'sudo clincher host ...',
  });
}

function itemsOf(names: readonly string[]): readonly HostItem[] {
  const unknown = names.find((name) => !hostItems.some(({ id }) => id === name));
  if (unknown !== undefined) {
    throw new ClincherError('usage', `there is no item ${unknown}`, {
      fix: `There are: ${hostItems.map(({ id }) => id).join(', ')}`,
    });
  }
  return names.length === 0 ? hostItems : hostItems.filter(({ id }) => names.includes(id));
}

function lookLines({ item, finding }: LookedAt): readonly string[] {
  return finding === null ? [`${pc.green('fine')} ${item.id}`] : findingText(finding);
}

function planLines(look: LookedAt): readonly string[] {
  const changes = look.changes.map((change) => `    ${changeText(change)}`);
  const notes = (look.notes ?? []).map((note) => `    ${pc.yellow(note)}`);
  return [...lookLines(look), ...changes, ...notes];
}

function shown({ item, finding, changes, notes = [] }: LookedAt) {
  return { id: item.id, finding, changes: changes.map(changeText), notes };
}

async function isAgreed(): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new ClincherError('usage', 'there is nobody to ask', {
      fix: 'Read what it would do, then run it again with --yes.',
    });
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question('do this? [y/N] ');
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
