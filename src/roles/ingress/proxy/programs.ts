// The programs that can do the work of the ingress, and which version of one is here.

import { ClincherError } from '../../../kit/error.ts';
import { runCommand } from '../../../kit/run-command.ts';
import type { IngressProgram } from '../settings.ts';
import { caddyProgram } from './caddy.ts';
import { nginxProgram } from './nginx.ts';
import type { ProxyProgram } from './program.ts';

export const proxyPrograms: Readonly<Record<IngressProgram, ProxyProgram>> = {
  caddy: caddyProgram,
  nginx: nginxProgram,
};

/**
 * `1.22.1`
 * @throws ClincherError `program-missing`
 */
export async function versionOf(
  { name, versionArgv, versionIn }: ProxyProgram,
  file: string,
): Promise<string> {
  const { code, tail } = await runCommand([file, ...versionArgv], { env: {}, deadlineMs: 30_000 });
  const version = versionIn(tail);
  if (version !== null) return version;
  throw new ClincherError('program-missing', `${file} is no ${name} that runs here: ${tail}`, {
    fix: code === 127 ? `Install it: apt-get install ${name}` : `Run ${file} by hand to see more.`,
  });
}
