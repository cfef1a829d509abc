// The agent, from npm at its pinned version. Of all packages' install scripts only the agent's own
// is run: it finishes its own folder, and the agent refuses to start from a read-only one
// otherwise.

import type { NpmPackage } from './npm-package.ts';

export function openclawPackage(version: string): NpmPackage {
  return {
    name: 'openclaw',
    version,
    title: 'OpenClaw',
    megabytes: 650,
    script: 'scripts/postinstall-bundled-plugins.mjs',
    code: 'agent-missing',
  };
}
