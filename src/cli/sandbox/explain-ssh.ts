// `clincher sandbox explain` where the sandbox is one over SSH: what it would say to a request, by
// the same pure decisions that it makes, and what jail a command would get.

import pc from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import { ClincherError } from '../../kit/error.ts';
import type { Decision } from '../../policy/decision.ts';
import { type Reason, reasons } from '../../policy/reasons.ts';
import { judgeCommand, judgeRequest, judgeSignIn, summaryOf } from '../../policy/sandbox-ssh.ts';
import { shown } from '../egress/record-text.ts';
import type { DeclaredSsh } from './declared.ts';
import { size } from './list-ssh.ts';

export interface AskedSsh {
  /** As the protocol calls a request or a channel: `exec`, `direct-tcpip`. */
  readonly kind: string;
  readonly command: string | null;
  /** The user name, for who has the stack's key. */
  readonly scope: string;
}

export interface SshExplanation {
  readonly kind: string;
  readonly scope: string;
  readonly verdict: Decision['verdict'];
  readonly reason: Reason;
  /** What the record would name of the command; null where there is none. */
  readonly recorded: string | null;
  /** What holds for it while it runs; empty for what is refused. */
  readonly jail: readonly string[];
  /** What is decided only when it is asked. */
  readonly remains: readonly string[];
}

/** @throws ClincherError `usage` */
export function explainSsh(declared: DeclaredSsh, asked: AskedSsh): SshExplanation {
  const { rules } = declared;
  const { kind, command, scope } = asked;
  if (/^(?:GET|HEAD|POST|PUT|DELETE)$/.test(kind)) {
    throw new ClincherError('usage', 'tools of this stack run over SSH, not the Docker API', {
      fix: "Ask for example: clincher sandbox explain exec 'ls'; --settings names a proxy run alone.",
    });
  }
  if (kind === 'exec' && command === null) {
    throw new ClincherError('usage', 'exec has a command', {
      fix: "Ask for example: clincher sandbox explain exec 'ls'",
    });
  }
  const signIn = { method: 'publickey', user: scope, isOurKey: true, isSigned: true };
  const decisions = [judgeSignIn(signIn, rules.scopes), judgeRequest(kind)];
  if (kind === 'exec') decisions.push(judgeCommand(command ?? '', rules.limits.commandBytesMax));
  const denied = decisions.find(({ verdict }) => verdict === 'deny');
  const summary = kind === 'exec' ? summaryOf(command ?? '') : null;
  const runs = denied === undefined && kind === 'exec';
  return {
    ...{ kind, scope, verdict: denied?.verdict ?? 'allow', reason: denied?.reason ?? 'allowed' },
    recorded: summary === null ? null : (summary.step ?? summary.program),
    jail: runs ? jailOf(declared) : [],
    remains: denied === undefined ? remainsOf(declared, runs) : [],
  };
}

function jailOf({ shape, rules }: DeclaredSsh): readonly string[] {
  const { memoryBytesMax, cpusMax, processesMax, tmpfs } = shape;
  return [
    'a jail of its own, without a network',
    `${size(memoryBytesMax)} of memory, ${cpusMax} CPU, ${processesMax} processes`,
    `writes in the folders of its scope and in ${tmpfs.join(', ')}; the rest is read-only`,
    `ends after ${rules.limits.commandMs / 60_000} minutes at the latest`,
  ];
}

function remainsOf({ rules }: DeclaredSsh, runs: boolean): readonly string[] {
  const { commandsMax, commandsPerMinuteMax, storageBytesMax } = rules.limits;
  const key = "whether the key is the one that the stack gave the agent's SSH client";
  if (!runs) return [key];
  return [
    key,
    `how many commands run (${commandsMax}) and began in the last minute (${commandsPerMinuteMax})`,
    `what the scope holds: over ${size(storageBytesMax)} a command can only take away`,
  ];
}

/** For people; the first line is the answer. */
export function sshLines(explanation: SshExplanation, colours: Colors = pc): readonly string[] {
  const { kind, scope, verdict, reason, recorded, jail, remains } = explanation;
  const what = `scope ${shown(scope)}, over SSH: ${shown(kind)}`;
  const lines =
    verdict === 'allow'
      ? [`${colours.green('allowed')}: ${what}`]
      : [`${colours.red('denied')}: ${what} ${colours.dim(`[${reason}]`)}`, `  ${reasons[reason]}`];
  if (recorded !== null) lines.push(`  in the record: ${shown(recorded)}`);
  for (const one of jail) lines.push(`  ${one}`);
  for (const one of remains) lines.push(`  decided when asked: ${one}`);
  return lines;
}
