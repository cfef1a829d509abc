// The last words of `up`: where it is, how to sign in, what to try next.

import { join, relative } from 'node:path';
import pc from 'picocolors';
import { localCa } from '../../topology/monitor-secrets.ts';
import type { StackOptions } from '../../topology/options.ts';
import { readEnvironment } from '../env.ts';
import { defaultConfig, type UpFlags } from '../flags.ts';
import { output } from '../output.ts';
import type { PreparedStack } from '../prepared.ts';
import { generatedStore } from '../secrets/stores.ts';

export interface Closing {
  readonly options: StackOptions;
  /** How the user calls clincher: `./clincher`. */
  readonly program: string;
  /** `--config`, `--state` where they are not the default, so that what is printed can be typed. */
  readonly flags: string;
  /** File with the certificate of the local CA, for a trust store; null with the user's own. */
  readonly caFile: string | null;
  readonly foreground: boolean;
}

export function sayClosing(stack: PreparedStack, flags: UpFlags, foreground: boolean): void {
  const { options } = stack.declared;
  if (flags.json === true) {
    output.event({ event: 'up', url: `${options.ingress.origin}/`, state: stack.stateDir });
    return;
  }
  const given = [
    ...(flags.config === defaultConfig ? [] : [` --config ${flags.config}`]),
    ...(flags.state === undefined ? [] : [` --state ${flags.state}`]),
  ];
  const { cwd, program } = readEnvironment();
  const closing: Closing = {
    options,
    program: relative(cwd, program) === '' ? './clincher' : join(program, 'clincher'),
    flags: given.join(''),
    caFile:
      options.ingress.tls === 'local' ? join(generatedStore(stack.stateDir).dir, localCa) : null,
    foreground,
  };
  for (const line of closingLines(closing)) output.line(line);
}

export function closingLines({
  options,
  program,
  flags,
  caFile,
  foreground,
}: Closing): readonly string[] {
  const command = (text: string) => pc.bold(`${program} ${text}${flags}`);
  const url = options.ingress.origin;
  const lines = ['', `${pc.green('clincher is up')}: ${pc.bold(`${url}/`)}`, ''];
  if (options.demo) {
    lines.push(
      `  ${pc.yellow('demonstration')}: a bundled local provider answers every model call`,
      '',
    );
  }
  lines.push(
    `  sign in     open the link that ${command('sign-in')} prints: good once, for ten minutes;`,
    `              programs use the token: ${command('token')}`,
  );
  if (caFile !== null) {
    lines.push(`              its certificate is this machine's own; the CA to trust: ${caFile}`);
  }
  lines.push(
    '',
    `  try next    ${command('verify')}     goes into every jail and tries to get out`,
    `              ${command('why gateway internet')}     what the agent can reach, and what stops it`,
    '',
  );
  lines.push(
    foreground
      ? `  Ctrl-C takes everything down. In another terminal: ${command('status')}`
      : `  it runs in the background: ${command('status')}, ${command('logs -f')}, ${command('down')}`,
  );
  return lines;
}
