// `clincher service`: writes the unit and has systemd take it; or says what to do where there is no
// systemd.

import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClincherError } from '../../kit/error.ts';
import { runCommand } from '../../kit/run-command.ts';
import { readEnvironment } from '../env.ts';
import { configFileOf, type StackFlags, stateDirOf } from '../flags.ts';
import { declareStack } from '../stack.ts';
import { type UnitFacts, unitName, unitText } from './unit-text.ts';

type Scope = UnitFacts['scope'];

/**
 * Returns what to tell the user.
 * @throws ClincherError `service-manager-missing`, `secret-missing` for keys that live in a shell
 * only
 */
export async function installUnit(flags: StackFlags): Promise<readonly string[]> {
  const scope = scopeOfUser();
  requireSystemd(scope);
  await refuseShellKeys(flags);
  const { program, variables } = readEnvironment();
  const config = configFileOf(flags);
  const text = unitText({
    scope,
    program: join(program, 'clincher'),
    config,
    stateDir: stateDirOf(flags),
    workingDir: dirname(config),
    demo: flags.demo === true,
    path: variables.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  });
  const file = unitFile(scope);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o644 });
  await systemctl(scope, ['daemon-reload']);
  await systemctl(scope, ['enable', '--now', unitName()]);
  return [
    `installed: ${file}`,
    `see it with: systemctl ${scopeOption(scope).join(' ')} status ${unitName()}`.replace(
      '  ',
      ' ',
    ),
    ...(scope === 'user'
      ? ['it starts when you log in; to start at boot as well: loginctl enable-linger']
      : []),
  ];
}

export async function uninstallUnit(): Promise<readonly string[]> {
  const scope = scopeOfUser();
  const file = unitFile(scope);
  if (!existsSync(file)) return ['nothing to remove: the unit is not installed'];
  requireSystemd(scope);
  await systemctl(scope, ['disable', '--now', unitName()]);
  await rm(file);
  await systemctl(scope, ['daemon-reload']);
  return [`removed: ${file}`, 'secrets, state and logs stay where they are'];
}

function scopeOfUser(): Scope {
  return readEnvironment().uid === 0 ? 'system' : 'user';
}

function unitFile(scope: Scope): string {
  if (scope === 'system') return join('/etc/systemd/system', unitName());
  const { home, variables } = readEnvironment();
  return join(variables.XDG_CONFIG_HOME ?? join(home, '.config'), 'systemd', 'user', unitName());
}

/** The folder is there exactly when systemd is the init of this machine: sd_booted(3). */
function requireSystemd(scope: Scope): void {
  const { variables } = readEnvironment();
  const runs = existsSync('/run/systemd/system');
  if (runs && (scope === 'system' || variables.XDG_RUNTIME_DIR !== undefined)) return;
  const what = runs
    ? "there is no session of systemd's for this user (XDG_RUNTIME_DIR is not set)"
    : 'systemd does not run this machine';
  throw new ClincherError('service-manager-missing', what, {
    fix: runs
      ? 'Log in properly (not with su), or install for the whole machine as root.'
      : 'Have what starts your services run: clincher up --config FILE (in the foreground; SIGINT stops it).',
  });
}

/** A unit has no shell to take variables from, and a key must not be written into it. */
async function refuseShellKeys(flags: StackFlags): Promise<void> {
  const { topology } = await declareStack(flags);
  const names = topology.secrets.flatMap(({ source }) =>
    source.kind === 'env' ? source.variable : [],
  );
  const variable = names[0];
  if (variable === undefined) return;
  const name = variable.toLowerCase();
  throw new ClincherError(
    'secret-missing',
    `${names.join(', ')}: an environment variable of your shell, which a unit does not have`,
    {
      fix:
        `printenv ${variable} | clincher secret set ${name}, ` +
        `and write store:${name} instead of env:${variable} in the configuration.`,
    },
  );
}

async function systemctl(scope: Scope, args: readonly string[]): Promise<void> {
  const argv = ['systemctl', ...scopeOption(scope), ...args];
  const { code, tail } = await runCommand(argv);
  if (code === 0) return;
  throw new ClincherError(
    'service-manager-missing',
    `${argv.join(' ')} ended with ${code}: ${tail}`,
    {
      fix: 'Mend what it says, then run the same command again.',
    },
  );
}

function scopeOption(scope: Scope): readonly string[] {
  return scope === 'user' ? ['--user'] : [];
}
