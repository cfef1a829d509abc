// Every code a ClincherError can carry, with the exit code it leads to and its meaning.
// docs/reference/errors.md is generated from this list.

export const exitCodes = { fine: 0, no: 1, input: 2, environment: 3, bug: 70 } as const;
export type ExitKind = keyof typeof exitCodes;

export const codes = {
  'config-missing': ['input', 'There is no configuration file where one was named.'],
  'config-unreadable': ['input', 'The configuration file cannot be read.'],
  'config-invalid': ['input', 'The configuration file has errors; each is listed with its place.'],
  'settings-invalid': ['input', 'A role was given settings it does not accept.'],
  usage: ['input', 'The command line was not understood.'],
  'system-refused': ['environment', 'The system refused an operation; the message is its own.'],
  'unknown-service': ['input', 'The topology has no service of that name.'],
  'secret-missing': ['input', 'A secret that a service needs has no value.'],
  'check-failed': ['no', 'The declared topology breaks an invariant.'],
  interrupted: ['no', 'A signal ended the command before it was done.'],
  'not-running': ['no', 'No stack is running from this state directory.'],
  'already-running': [
    'environment',
    'Another clincher is already working on this state directory.',
  ],
  'node-too-old': ['environment', 'Node.js is older than clincher needs.'],
  'bubblewrap-missing': ['environment', 'bubblewrap (bwrap) is not installed.'],
  'program-missing': [
    'environment',
    'A program that the sandbox for tools needs is not installed.',
  ],
  'user-namespaces-denied': ['environment', 'The kernel or its policy refuses user namespaces.'],
  'port-in-use': ['environment', 'A port that the stack must listen on is taken.'],
  'disk-full': ['environment', 'A file could not be written because the disk is full.'],
  'state-unusable': ['environment', 'The state directory cannot be used.'],
  'agent-missing': [
    'environment',
    'The agent program is not installed and could not be installed.',
  ],
  'service-failed': ['environment', 'A service did not become ready.'],
  'agent-ended': ['environment', 'The agent program ended by itself; its service starts it again.'],
  'install-failed': ['environment', 'A package could not be installed.'],
  'service-manager-missing': ['environment', 'systemd is not available to keep the stack running.'],
  'tunnel-refused': ['no', 'The egress proxy refused a tunnel; its reason code says why.'],
  'tunnel-failed': ['environment', 'The egress proxy could not be asked for a tunnel.'],
  'port-unusable': ['environment', 'A port or address that this user or machine cannot listen on.'],
  'probe-failed': ['environment', 'A probe inside a running service did not end well.'],
  'agent-refused': ['no', 'The agent did not give what was asked of it.'],
  'record-missing': ['input', 'There is no such record where one was looked for.'],
  'compose-missing': ['environment', 'Docker has no compose command of version 2.'],
  'engine-old': ['environment', 'The Docker engine lacks what keeps services apart, or has holes.'],
  'docker-unreachable': ['environment', 'The Docker daemon could not be asked.'],
  'packages-unavailable': ['environment', 'Packages of the distribution could not be fetched.'],
  'image-input': ['environment', 'What an image is made of cannot be used.'],
  'image-missing': ['input', 'An image has not been built or loaded.'],
  'image-unavailable': ['environment', 'An image could not be had from its registry.'],
  'image-changed': ['no', 'An image is not what its digest says.'],
  'ledger-missing': ['input', 'There is no ledger or no file of keys where one was looked for.'],
  'cloudflare-unreachable': ['environment', "Cloudflare's API could not be asked."],
  'cloudflare-refused': ['no', "Cloudflare's API refused; the message is its own."],
  'cloudflare-unset': ['input', 'The configuration does not say what is wanted of Cloudflare.'],
  'cloudflare-conflict': ['no', 'At Cloudflare is something that clincher does not replace.'],
  'report-invalid': [
    'input',
    'A file is no report of `clincher verify`, or a part of it is missing.',
  ],
  'report-changed': ['no', 'A report is not as it was signed, or signed by somebody else.'],
  'cache-missing': ['input', 'There is no account of a cache where one was looked for.'],
  'root-needed': ['environment', 'Only root can do this.'],
  'host-unchanged': ['environment', 'The host could not be changed; what was done is taken back.'],
} as const satisfies Record<string, readonly [ExitKind, string]>;

export type ErrorCode = keyof typeof codes;
