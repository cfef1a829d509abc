// The systemd unit as text, from values: no secret in it, nothing left to the environment.

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
  const start = [facts.program, 'up', '--config', facts.config, '--state', facts.stateDir];
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
    `WorkingDirectory=${quoted(facts.workingDir)}`,
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
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@:/.,+-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
