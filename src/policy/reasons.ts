// Every reason a decision can carry, with what a blocked person may be told. One closed set:
// reasons are metric labels. docs/reference/reasons.md is generated from it. Each area keeps its
// own block.

export const reasons = {
  // any role
  allowed: 'The request is declared and within its limits.',
  'caller-unknown': 'The caller is not known on this socket.',
  'request-malformed': 'The request is ambiguous or not well formed.',
  'limit-connections': 'Too many connections are open.',
  'limit-body': 'The body is larger than the limit.',
  'upstream-unreachable': 'The next hop did not answer.',

  // llm
  'key-missing': 'No virtual key came with the request.',
  'key-unknown': 'The virtual key is not one of this caller.',
  'model-unknown': 'No model of that name is configured.',
  'dialect-unsupported': 'The model speaks another API dialect than the one it was asked in.',
  'price-unknown': 'The model has no price, so its cost has no bound.',
  'cost-unbounded': 'The request asks for something whose cost cannot be bounded beforehand.',
  'budget-exhausted': 'The worst case of the request does not fit into what is left of the budget.',
  'ledger-unavailable': 'The ledger cannot be written, so nothing may be spent.',
  'provider-key-missing': 'The key of the model provider is not set.',
  'provider-key-rejected': 'The model provider did not accept its key.',
  'provider-error': 'The model provider answered with an error.',
  'provider-timeout': 'The model provider did not answer in time.',
  'egress-denied': 'The egress proxy refused the connection to the model provider.',
  'path-unknown': 'There is nothing at that path.',
  'client-gone': 'The client left before the answer was complete.',
  'answer-broken': 'The answer of the model provider ended before it was complete.',
  // ingress and relay
  'host-unknown': 'The Host header does not name this server.',
  'origin-foreign': 'A page of another origin made this request.',
  'method-refused': 'The method is not accepted here.',
  'token-wrong': 'The bearer token is missing or wrong.',
  'upgrade-refused': 'Only WebSocket connections can be upgraded here.',
  // docker-proxy
  'docker-path-unclear':
    'The path is not written in its plainest form, so it could be read in two ways.',
  'docker-call-denied': 'This Docker API call is not in the allowed profile.',
  'docker-body-refused': 'The allowed Docker API calls have no body.',
  'docker-answer-too-large': 'The Docker daemon answered more than the limit.',
  // egress
  'host-malformed': 'The host is not written in its one plain form.',
  'host-not-allowed': 'No rule allows this host for this caller.',
  'host-denied': 'The host is on the list of those that nobody may reach.',
  'proxy-not-allowed': 'No rule allows this caller to go through the proxy it names.',
  'credentials-missing': 'This proxy wants credentials, and the request has none.',
  'credentials-wrong': 'The credentials are not those of any caller.',
  'port-not-allowed': 'The host is allowed for this caller, but not on this port.',
  'name-unresolvable': 'The name of the allowed host could not be resolved.',
  'resolve-timeout': 'The name of the allowed host was not resolved in time.',
  'answers-too-many': 'The name of the allowed host resolved to more addresses than the limit.',
  'address-malformed': 'The resolver gave something that is not a plain address.',
  'address-not-public':
    'The allowed host resolved to an address that is not on the public internet.',
  'address-denied': 'The allowed host resolved to an address that is denied by name.',
  'address-never': 'The allowed host resolved to an address that nothing may reach.',
  'address-own': 'The allowed host resolved to the proxy itself.',
  'dial-timeout': 'The allowed host did not accept a connection in time.',
  'head-timeout': 'The head of the request did not arrive in time.',
  'head-too-large': 'The head of the request is larger than the limit.',
  'tunnels-too-many': 'This caller has too many tunnels open.',
  'not-tls': 'The first bytes in the tunnel are not a plain TLS ClientHello.',
  'hello-timeout': 'The TLS ClientHello did not arrive in time.',
  'sni-missing': 'The TLS ClientHello names no server.',
  'sni-mismatch': 'The TLS ClientHello names another server than the tunnel was asked for.',
  'sni-hidden': 'The TLS ClientHello is encrypted, so the server it names cannot be seen.',
  'proxy-full': 'The proxy has as many connections as it may have.',
  'tunnels-too-fast': 'This caller opens new tunnels faster than it may.',
  'tunnel-too-old': 'The tunnel has reached the age at which one is closed.',
  'tunnel-bytes-up': 'The tunnel has carried as many bytes away as one may.',
  'tunnel-bytes-down': 'The tunnel has brought as many bytes in as one may.',
  'window-bytes-up': 'This caller has sent as many bytes there as it may for now.',
  'window-bytes-down': 'This caller has got as many bytes from there as it may for now.',
  'rules-changed': 'The rules were changed and no longer allow this tunnel.',
  'caller-revoked': 'What told who this caller is was taken back.',
  'answer-malformed': 'The host did not answer in plain HTTP.',
  'upstream-refused': 'The proxy that leads to the allowed host refused the tunnel.',
  'proxy-header-malformed': 'The PROXY protocol header is missing or not well formed.',
  'record-unavailable': 'The record cannot be written, so nothing may pass.',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof reasons;
