// Names of headers by which a proxy vouches for a client: address, identity, original request, or
// authority. A client's own are thrown away; as data, because other programs are told them, too.

/** Each for itself. */
const names = [
  ...['forwarded', 'forwarded-for', 'via', 'alt-used', 'x-request-id', 'x-host', 'x-scheme'],
  ...['x-http-method-override', 'x-method-override', 'x-http-method'],
  ...['x-user', 'x-email', 'x-groups'],
  ...withX(['real-ip', 'client-ip', 'cluster-client-ip', 'true-client-ip', 'fastly-client-ip']),
  ...withX(['remote-ip', 'originating-ip', 'source-ip']),
  // Narrows, or on some routes widens, what a proxy's user may do in OpenClaw.
  'x-openclaw-scopes',
];

/** Each with all that go on with a dash: `x-forwarded` and `x-forwarded-for`. */
const families = [
  ...['x-forwarded', 'x-original', 'x-rewrite', 'x-envoy', 'x-amzn', 'x-arr', 'x-appengine'],
  ...['x-azure', 'x-goog', 'x-proxyuser', 'x-clincher', 'x-pomerium', 'x-vouch', 'x-authentik'],
  ...['x-ms-client-principal', 'cf', 'cdn', 'tailscale'],
  ...withX(['remote', 'authenticated', 'auth-request', 'webauth', 'ssl', 'client-cert', 'tls']),
];

/** Of the families, those that programs are known to send or to believe. */
const known = [
  ...['for', 'proto', 'host', 'port', 'user', 'email', 'prefix', 'server', 'scheme', 'ssl', 'by'],
  ...['groups', 'preferred-username', 'access-token', 'uri', 'method', 'path', 'client-cert'],
].map((member) => `x-forwarded-${member}`);

const knownElsewhere = [
  ...['x-original-url', 'x-original-uri', 'x-original-host', 'x-original-forwarded-for'],
  ...['x-original-method', 'x-original-remote-addr', 'x-rewrite-url', 'x-envoy-external-address'],
  ...['x-envoy-original-path', 'x-envoy-peer-metadata', 'x-amzn-oidc-identity'],
  ...['x-amzn-oidc-data', 'x-amzn-oidc-accesstoken', 'x-amzn-trace-id', 'x-arr-clientcert'],
  ...['x-arr-ssl', 'x-appengine-user-email', 'x-appengine-user-ip', 'x-azure-clientip'],
  ...['x-azure-socketip', 'x-azure-fdid', 'x-goog-iap-jwt-assertion'],
  ...['x-goog-authenticated-user-email', 'x-goog-authenticated-user-id'],
  ...['x-clincher-reason', 'x-clincher-caller', 'x-pomerium-jwt-assertion'],
  ...['x-pomerium-claim-email', 'x-vouch-user', 'x-vouch-success', 'x-authentik-username'],
  ...['x-authentik-email', 'x-authentik-groups', 'x-authentik-uid', 'x-authentik-jwt'],
  ...['x-ms-client-principal-name', 'x-ms-client-principal-id', 'cf-connecting-ip'],
  ...['cf-connecting-ipv6', 'cf-pseudo-ipv4', 'cf-ipcountry', 'cf-ray', 'cf-visitor', 'cf-worker'],
  ...['cf-access-jwt-assertion', 'cf-access-authenticated-user-email', 'cf-access-client-id'],
  ...['cf-access-client-secret', 'cdn-loop', 'tailscale-user-login', 'tailscale-user-name'],
  ...['tailscale-user-profile-pic', 'tailscale-headers-info', 'tailscale-funnel-request'],
  ...['tailscale-app-capabilities', 'remote-user', 'remote-groups', 'remote-name', 'remote-email'],
  ...['remote-addr', 'x-remote-user', 'x-remote-group', 'x-remote-addr', 'x-remote-email'],
  ...['auth-request-user', 'x-auth-request-user', 'x-auth-request-email', 'x-auth-request-groups'],
  ...['x-auth-request-access-token', 'x-auth-request-preferred-username', 'x-webauth-user'],
  ...['x-webauth-email', 'x-webauth-name', 'ssl-client-verify', 'ssl-client-cert'],
  ...['ssl-client-s-dn', 'x-ssl-client-cert', 'x-ssl-client-verify', 'x-ssl-client-s-dn'],
  ...['x-ssl-client-dn', 'x-ssl-cert', 'x-client-cert-chain', 'client-cert-chain'],
  ...['x-authenticated-user', 'x-authenticated-userid', 'x-tls-client-cert', 'x-proxyuser-ip'],
];

export const clientClaims = {
  names,
  families,
  /** For who can only name what is to go. */
  listed: [...new Set([...names, ...families, ...known, ...knownElsewhere])],
} as const;

const alone = new Set(names);

/** `_` and `-` are one to servers that keep headers as environment variables: `X_Forwarded_For`. */
export function isClientClaim(name: string): boolean {
  const plain = name.toLowerCase().replaceAll('_', '-');
  if (alone.has(plain)) return true;
  return families.some((family) => plain === family || plain.startsWith(`${family}-`));
}

function withX(plain: readonly string[]): readonly string[] {
  return plain.flatMap((name) => [name, `x-${name}`]);
}
