// Prints the gateway's token for signing in: to a terminal, or anywhere when asked for raw.

import { ClincherError } from '../../kit/error.ts';
import { gatewayToken } from '../../topology/secrets.ts';
import { output } from '../output.ts';
import { generatedStore } from './stores.ts';

/**
 * @throws ClincherError `secret-missing` before the first `up`, `usage` where stdout is no terminal
 */
export async function printToken(stateDir: string, raw: boolean): Promise<void> {
  const token = await generatedStore(stateDir).read(gatewayToken);
  if (token === null) {
    throw new ClincherError('secret-missing', `there is no gateway token in ${stateDir}`, {
      fix: 'clincher up makes it on its first start.',
    });
  }
  if (!raw && !output.isTerminal()) {
    throw new ClincherError('usage', 'the token is printed to a terminal only', {
      fix: 'clincher token --raw prints it anywhere; do not let it into a log.',
    });
  }
  output.line(token.reveal());
}
