// What `cloudflared` reads to run a tunnel that is configured here: its credentials, and a
// configuration with one way, to the ingress.

import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Observed } from '../../cloudflare/model.ts';
import { ClincherError } from '../../kit/error.ts';
import { Secret } from '../../kit/secret.ts';
import { localCa } from '../../topology/monitor-secrets.ts';
import { generatedStore } from '../secrets/stores.ts';
import { cloudflareFiles } from './files.ts';
import type { CloudflareWork } from './open-work.ts';

const credentialsName = 'tunnel-credentials.json';
export const tunnelConfigName = 'tunnel.yaml';

/** @throws ClincherError `cloudflare-conflict` where the tunnel's secret is not known here */
export async function writeTunnelFiles(
  { wanted, declared, stateDir }: CloudflareWork,
  { account, tunnel }: Observed,
  isNew: boolean,
): Promise<void> {
  const files = cloudflareFiles(stateDir);
  const id = tunnel?.id ?? '';
  if (isNew) {
    const credentials = {
      AccountTag: account,
      TunnelID: id,
      TunnelSecret: wanted.tunnelSecret?.reveal() ?? '',
    };
    await files.write(credentialsName, new Secret(`${JSON.stringify(credentials)}\n`));
  } else if ((await files.read(credentialsName)) === null) {
    throw new ClincherError(
      'cloudflare-conflict',
      'the tunnel was made from another state directory',
      {
        fix: `Delete it in the dashboard, or copy ${credentialsName} from there to ${files.dir}.`,
      },
    );
  }
  const { listen, tls } = declared.options.ingress;
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  const config = {
    tunnel: id,
    'credentials-file': join(files.dir, credentialsName),
    ingress: [
      {
        hostname: wanted.host,
        service: `https://${host}:${listen.port}`,
        originRequest: {
          originServerName: wanted.host,
          ...(tls === 'local' ? { caPool: join(generatedStore(stateDir).dir, localCa) } : {}),
        },
      },
      // Whatever else is led here is led nowhere.
      { service: 'http_status:404' },
    ],
  };
  await files.write(tunnelConfigName, new Secret(stringify(config)));
}
