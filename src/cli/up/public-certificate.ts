// The last of `up` where a public CA signs: now that the ingress is there to answer it, it is
// asked. A CA that does not sign is no reason to be down: until it does, what was in use stays.

import { ClincherError } from '../../kit/error.ts';
import { acmeOf } from '../../topology/options.ts';
import { publicLines } from '../acme/text.ts';
import type { UpFlags } from '../flags.ts';
import type { PreparedStack } from '../prepared.ts';
import type { Progress } from '../progress.ts';
import { askPublicCa, giveRenewed } from '../renew.ts';
import { makeSecrets } from './prepare.ts';

export async function firstOfPublicCa(
  { declared, driver, stateDir }: PreparedStack,
  flags: UpFlags,
  progress: Progress,
): Promise<void> {
  if (acmeOf(declared.options) === null) return;
  if (driver.name !== 'embedded' && flags.detach === true) {
    progress.warn(
      'Nothing of clincher stays beside containers to renew the certificate: ' +
        'clincher service install, or clincher renew once a day from a timer of yours.',
    );
  }
  try {
    const asked = await askPublicCa(declared, stateDir);
    if (asked === null || asked.kind === 'fine') return;
    for (const line of publicLines(asked)) {
      if (asked.kind === 'ordered') progress.note(line);
      else progress.warn(line);
    }
    if (asked.kind !== 'ordered') return;
    await makeSecrets(declared, stateDir);
    await giveRenewed(flags, stateDir, declared);
  } catch (error) {
    if (!(error instanceof ClincherError)) throw error;
    progress.warn(error.format());
  }
}
