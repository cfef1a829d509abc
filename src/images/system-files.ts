// What a program expects of a system, in every image: who its users are, how names are looked up,
// whom to trust, where to write.

import { rootCertificates } from 'node:tls';
import { inside } from '../plan/paths.ts';
import type { LayerFile } from './image.ts';

/** Who runs in our images, where whoever starts them says nothing else. */
export const imageUser = 1_000;

export const systemFiles: readonly LayerFile[] = [
  text('/etc/passwd', [
    'root:x:0:0:root:/nonexistent:/usr/sbin/nologin',
    `clincher:x:${imageUser}:${imageUser}:clincher:/tmp:/usr/sbin/nologin`,
  ]),
  text('/etc/group', ['root:x:0:', `clincher:x:${imageUser}:`]),
  text('/etc/nsswitch.conf', ['passwd: files', 'group: files', 'hosts: files dns']),
  // Those that Node has: the same on every machine.
  text('/etc/ssl/certs/ca-certificates.crt', rootCertificates),
  { path: '/tmp', kind: 'folder', mode: 0o1777 },
];

/** What a service of a stack has besides; a sandbox is none, and has no place of the agent's. */
export const serviceFolders: readonly LayerFile[] = [
  { path: inside.run, kind: 'folder', mode: 0o755 },
  // A volume that is made for it takes its owner.
  { path: inside.state, kind: 'folder', mode: 0o755, owner: imageUser },
];

function text(path: string, lines: readonly string[]): LayerFile {
  return { path, kind: 'file', mode: 0o644, content: Buffer.from(`${lines.join('\n')}\n`) };
}
