// `clincher egress --acl FILE`: the egress proxy alone, on a Smokescreen ACL. The file is read once
// beforehand, so that what is wrong with it is told in words and nothing is started.

import { ClincherError } from '../../kit/error.ts';
import { loadPolicy } from '../../roles/egress/load-policy.ts';
import { serveFrom } from '../serve.ts';
import { type AclFlags, aclSettings } from './acl-flags.ts';

/** Serves until a signal; resolves to the exit code. @throws ClincherError, before it starts */
export async function serveAcl(flags: AclFlags): Promise<number> {
  const raw = aclSettings(flags);
  if (raw.policyFile !== undefined) await loadPolicy(raw.policyFile);
  const refused = async () => new ClincherError('usage', 'the flags do not fit together');
  return serveFrom(async () => ({ role: 'egress', raw, refused }));
}
