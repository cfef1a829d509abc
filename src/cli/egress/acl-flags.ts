// The flags of `clincher egress --acl` as settings of the role: a listener, a way to know the
// caller, and where clincher is to be as loose as Smokescreen.

import { parseAddress } from '../../kit/address.ts';
import { ClincherError } from '../../kit/error.ts';
import { allowedAddressError, parseAllowedBlock } from '../../policy/egress-allow.ts';
import { parseResolver } from '../../policy/resolver.ts';
import type { EgressSettings } from '../../roles/egress/settings.ts';

export interface AclFlags {
  readonly acl: string;
  readonly listen?: readonly string[];
  readonly caller?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly clientCa?: string;
  readonly clientCrl?: string;
  readonly callerFrom?: string;
  readonly credentials?: string;
  readonly proxyProtocol?: boolean;
  readonly admin?: readonly string[];
  readonly resolver?: readonly string[];
  readonly denyAddress?: readonly string[];
  readonly unsafeAllowAddress?: readonly string[];
  readonly anyPort?: boolean;
  readonly plaintext?: boolean;
  readonly plainHttp?: boolean;
  readonly rulesOverDeny?: boolean;
  readonly oneLabel?: boolean;
  readonly unsafeOpen?: boolean;
}

/** Smokescreen's port, on this machine alone: it listens everywhere. */
const standardListen = '127.0.0.1:4750';
/** Whoever is not told apart is subject to the ACL's default rule. */
const nobodyInParticular = 'default';

/** @throws ClincherError `usage` */
export function aclSettings(flags: AclFlags): Partial<EgressSettings> {
  const listen = (flags.listen ?? [standardListen]).map(addressOf);
  const identity = identityOf(flags, listen);
  const proxyProtocol = flags.proxyProtocol === true ? { proxyProtocol: true } : {};
  return {
    service: 'egress',
    admin: (flags.admin ?? []).map(addressOf),
    listen: listen.map((address) => ({ address, ...identity, ...proxyProtocol })),
    rules: [],
    ...(flags.resolver === undefined ? {} : { resolvers: flags.resolver.map(resolverOf) }),
    denyAddresses: (flags.denyAddress ?? []).map(deniedOf),
    unsafeAllowAddresses: (flags.unsafeAllowAddress ?? []).map(allowedOf),
    policyFile: {
      path: flags.acl,
      format: 'smokescreen',
      smokescreen: {
        anyPort: flags.anyPort === true,
        plaintext: flags.plaintext === true,
        plainHttp: flags.plainHttp === true,
        rulesOverDeny: flags.rulesOverDeny === true,
        oneLabel: flags.oneLabel === true,
        open: flags.unsafeOpen === true,
      },
    },
  };
}

type Identity =
  | { caller: string }
  | {
      identify: 'mtls';
      tls: { certFile: string; keyFile: string; caFile: string; crlFile?: string };
      callerFrom: 'cn' | 'ou';
    }
  | {
      identify: 'credentials';
      credentialsFile: string;
      tls?: { certFile: string; keyFile: string };
    };

function identityOf(flags: AclFlags, listen: readonly string[]): Identity {
  const { caller, clientCa, clientCrl, credentials, tlsCert, callerFrom = 'cn' } = flags;
  const ways = [caller, clientCa, credentials].filter((way) => way !== undefined);
  if (ways.length > 1) throw usage('--caller, --client-ca and --credentials exclude one another');
  if (clientCa === undefined && (clientCrl ?? flags.callerFrom) !== undefined) {
    throw usage('--client-crl and --caller-from need --client-ca');
  }
  if (callerFrom !== 'cn' && callerFrom !== 'ou') throw usage('--caller-from is cn or ou');
  // A bundle may hold the certificate and its key.
  const tls = tlsCert === undefined ? undefined : { certFile: tlsCert, keyFile: keyOf(flags) };
  if (clientCa !== undefined) {
    if (tls === undefined)
      throw usage('--client-ca needs --tls-cert, the certificate of the proxy');
    const crl = clientCrl === undefined ? {} : { crlFile: clientCrl };
    return { identify: 'mtls', callerFrom, tls: { ...tls, caFile: clientCa, ...crl } };
  }
  if (credentials !== undefined) {
    const over = tls === undefined ? {} : { tls };
    return { identify: 'credentials', credentialsFile: credentials, ...over };
  }
  if (tls !== undefined) throw usage('--tls-cert needs --client-ca or --credentials');
  if (caller === undefined && !listen.every(isHere)) {
    throw usage(
      'callers from other machines must be told apart: --client-ca, --credentials, or --caller',
    );
  }
  return { caller: caller ?? nobodyInParticular };
}

function keyOf({ tlsKey, tlsCert }: AclFlags): string {
  return tlsKey ?? tlsCert ?? '';
}

function isHere(text: string): boolean {
  const address = parseAddress(text);
  if (address?.kind !== 'tcp') return address?.kind === 'unix';
  return address.host === '::1' || address.host.startsWith('127.');
}

function addressOf(text: string): string {
  const address = parseAddress(text) === null ? `tcp:${text}` : text;
  if (parseAddress(address) !== null) return address;
  throw usage(`${text} is not an address: 127.0.0.1:4750, [::1]:4750 or unix:/path`);
}

function resolverOf(text: string): string {
  if (parseResolver(text) !== null) return text;
  throw usage(`${text} is not the address of a name server`);
}

function deniedOf(text: string): string {
  if (parseAllowedBlock(text) !== null) return text;
  throw usage(`${text} is not an address or a range, each with an optional :port`);
}

function allowedOf(text: string): string {
  const error = allowedAddressError(text);
  if (error === null) return text;
  throw usage(error);
}

function usage(message: string): ClincherError {
  return new ClincherError('usage', message, { fix: 'clincher egress --help' });
}
