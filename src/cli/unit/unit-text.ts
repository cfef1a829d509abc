// The systemd unit as text, from values: no secret in it, nothing left to the environment.

import { ClincherError } from '../../kit/error.ts';

export interface UnitFacts {
  readonly scope: 'system' | 'user';
  readonly program: string;
  readonly config: string;
  readonly stateDir: string;
  readonly workingDir: string;
  readonly demo: boolean;
  /** So that the unit finds the same Node and tools as the shell that installed it. */
  readonly path: string;
}

export function unitName(): string {
  return 'clincher.service';
}

/** See systemd.service(5), systemd.exec(5). Foreground: systemd supervises the supervisor. */
export function unitText(facts: UnitFacts): string {
  const up = ['up', '--stay', '--config', facts.config, '--state', facts.stateDir];
  const start = [facts.program, ...up];
  if (facts.demo) start.push('--demo');
  const lines = [
    '# Written by `clincher service install`; `clincher service uninstall` removes it.',
    '[Unit]',
    'Description=clincher: a self-hosted AI agent in sealed jails',
    `Documentation=file://${encodeURI(dirOf(facts.program))}/README.md`,
    ...(facts.scope === 'system'
      ? ['After=network-online.target', 'Wants=network-online.target']
      : []),
    '',
    '[Service]',
    'Type=exec',
    // This one takes the rest of the line as it is: no quotes.
    `WorkingDirectory=${plain(facts.workingDir).replaceAll('%', '%%')}`,
    `Environment=${quoted(`PATH=${facts.path}`)}`,
    `ExecStart=${start.map(quoted).join(' ')}`,
    'Restart=on-failure',
    'RestartSec=5',
    '# Ctrl-C: everything is taken down in order.',
    'KillSignal=SIGINT',
    'KillMode=mixed',
    'TimeoutStopSec=60',
    '# An agent that boots and a first installation take their time.',
    'TimeoutStartSec=900',
    'UMask=0077',
    '# The jails get cgroups of their own below this one.',
    'Delegate=yes',
    '',
    '[Install]',
    `WantedBy=${facts.scope === 'system' ? 'multi-user.target' : 'default.target'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** systemd.syntax(7): quotes around, `\` and `"` escaped; `%` and `$` would be expanded. */
function quoted(text: string): string {
  const escaped = plain(text)
    .replace(/[\\"]/g, '\\$&')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return /^[\w@:/.,+-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** A line break in a path would be a line of the unit. */
function plain(text: string): string {
  if (!/\p{Cc}/u.test(text)) return text;
  throw new ClincherError(
    'usage',
    `${JSON.stringify(text)} cannot be written into a systemd unit`,
    {
      fix: 'Use a path without control characters.',
    },
  );
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
