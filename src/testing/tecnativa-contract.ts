// What Tecnativa's docker-socket-proxy answers with each of its switches, as its documentation and
// its rules have it, and what we answer: the same, but for the rows that say why not. Judged by the
// policy, and sent over the wire to a proxy before a daemon.

export interface SwitchCase {
  /** The environment, beside the defaults: EVENTS, PING and VERSION on, all others off. */
  readonly on: readonly string[];
  readonly off?: readonly string[];
  readonly method: string;
  readonly target: string;
  /** Whether it reaches the daemon with us. */
  readonly passes: boolean;
  /** Where its rules answer otherwise: why we do not. */
  readonly stricter?: string;
}

const id = 'a'.repeat(12);

/** Each section: its switch, a path that reads and one that writes. */
const sections: readonly (readonly [name: string, reads: string | null, writes: string | null])[] =
  [
    ['AUTH', null, '/auth'],
    ['BUILD', null, '/build'],
    ['COMMIT', null, '/commit?container=a'],
    ['CONFIGS', '/configs', '/configs/create'],
    ['CONTAINERS', '/containers/json', '/containers/create'],
    ['DISTRIBUTION', '/distribution/alpine/json', null],
    ['EVENTS', '/events', null],
    ['EXEC', `/exec/${id}/json`, `/exec/${id}/start`],
    ['GRPC', null, '/grpc'],
    ['IMAGES', '/images/json', '/images/create?fromImage=alpine'],
    ['INFO', '/info', null],
    ['NETWORKS', '/networks', '/networks/create'],
    ['NODES', '/nodes', `/nodes/${id}/update?version=1`],
    ['PING', '/_ping', null],
    ['PLUGINS', '/plugins', '/plugins/pull?remote=a'],
    ['SECRETS', '/secrets', '/secrets/create'],
    ['SERVICES', '/services', '/services/create'],
    ['SESSION', null, '/session'],
    ['SWARM', '/swarm', '/swarm/init'],
    ['SYSTEM', '/system/df', null],
    ['TASKS', '/tasks', null],
    ['VERSION', '/version', null],
    ['VOLUMES', '/volumes', '/volumes/create'],
  ];

const onByDefault = ['EVENTS', 'PING', 'VERSION'];

const ofSections: readonly SwitchCase[] = sections.flatMap(([name, reads, writes]) => {
  const cases: SwitchCase[] = [];
  const isDefault = onByDefault.includes(name);
  if (reads !== null) {
    cases.push(
      { on: [name], method: 'GET', target: `/v1.41${reads}`, passes: true },
      { on: [name], method: 'GET', target: reads, passes: true },
      { on: [], off: [name], method: 'GET', target: `/v1.41${reads}`, passes: false },
      { on: [], method: 'GET', target: `/v1.41${reads}`, passes: isDefault },
      { on: ['POST'], off: [name], method: 'GET', target: `/v1.41${reads}`, passes: false },
    );
  }
  if (writes !== null) {
    cases.push(
      { on: [name], method: 'POST', target: `/v1.41${writes}`, passes: false },
      { on: ['POST'], method: 'POST', target: `/v1.41${writes}`, passes: false },
      { on: [name, 'POST'], method: 'POST', target: `/v1.41${writes}`, passes: true },
    );
  }
  return cases;
});

const container = `/v1.41/containers/${id}`;

const singled: readonly SwitchCase[] = [
  { on: ['ALLOW_START', 'POST'], method: 'POST', target: `${container}/start`, passes: true },
  { on: ['ALLOW_START'], method: 'POST', target: `${container}/start`, passes: false },
  { on: ['ALLOW_START', 'POST'], method: 'POST', target: `${container}/stop`, passes: false },
  { on: ['ALLOW_STOP', 'POST'], method: 'POST', target: `${container}/stop?t=1`, passes: true },
  { on: ['ALLOW_STOP'], method: 'POST', target: `${container}/stop`, passes: false },
  { on: ['ALLOW_STOP', 'POST'], method: 'POST', target: `${container}/kill`, passes: false },
  { on: ['ALLOW_STOP', 'POST'], method: 'POST', target: `${container}/restart`, passes: false },
  { on: ['ALLOW_RESTARTS', 'POST'], method: 'POST', target: `${container}/stop`, passes: true },
  { on: ['ALLOW_RESTARTS', 'POST'], method: 'POST', target: `${container}/restart`, passes: true },
  { on: ['ALLOW_RESTARTS', 'POST'], method: 'POST', target: `${container}/kill`, passes: true },
  { on: ['ALLOW_RESTARTS'], method: 'POST', target: `${container}/restart`, passes: false },
  { on: ['ALLOW_RESTARTS', 'POST'], method: 'POST', target: `${container}/start`, passes: false },
  { on: ['ALLOW_RESTARTS', 'POST'], method: 'DELETE', target: container, passes: false },
];

const together: readonly SwitchCase[] = [
  { on: ['CONTAINERS'], method: 'HEAD', target: `${container}/archive?path=/`, passes: true },
  { on: ['CONTAINERS'], method: 'GET', target: `${container}/json`, passes: true },
  { on: ['CONTAINERS'], method: 'GET', target: `${container}/logs?stdout=1`, passes: true },
  { on: ['CONTAINERS'], method: 'DELETE', target: `${container}?force=1`, passes: false },
  { on: ['CONTAINERS', 'POST'], method: 'DELETE', target: `${container}?force=1`, passes: true },
  {
    on: ['CONTAINERS', 'POST'],
    method: 'PUT',
    target: `${container}/archive?path=/`,
    passes: true,
  },
  { on: ['CONTAINERS', 'POST'], method: 'POST', target: `${container}/start`, passes: true },
  { on: ['VOLUMES', 'POST'], method: 'DELETE', target: '/v1.41/volumes/a', passes: true },
  { on: ['EXEC', 'POST'], method: 'POST', target: `${container}/exec`, passes: false },
  { on: ['CONTAINERS', 'EXEC', 'POST'], method: 'POST', target: `${container}/exec`, passes: true },
  { on: ['CONTAINERS', 'EXEC'], method: 'POST', target: `${container}/exec`, passes: false },
  { on: ['CONTAINERS', 'EXEC', 'POST'], method: 'POST', target: `/exec/${id}/start`, passes: true },
  { on: [], method: 'HEAD', target: '/_ping', passes: true },
];

/** Its rules let these pass, by an unanchored pattern or by one that looks at the path alone. */
const stricterCases: readonly SwitchCase[] = [
  {
    on: ['CONTAINERS', 'POST'],
    method: 'POST',
    target: `${container}/exec`,
    passes: false,
    stricter: 'EXEC revokes running commands; its rules look at /exec alone.',
  },
  {
    on: ['CONTAINERS'],
    method: 'GET',
    target: `${container}/attach/ws?stream=1&stdin=1`,
    passes: false,
    stricter: 'Without POST only reads are allowed; this one writes to the stdin of a container.',
  },
  {
    on: ['ALLOW_START', 'POST'],
    method: 'POST',
    target: `${container}/start/../exec`,
    passes: false,
    stricter: 'A path has one form: no dots, no escapes, no empty parts.',
  },
  {
    on: ['ALLOW_START', 'POST'],
    method: 'POST',
    target: `${container}/startanything`,
    passes: false,
    stricter: 'A section is its calls, not every path that begins like one.',
  },
  {
    on: [],
    method: 'GET',
    target: '/versions-of-something-else',
    passes: false,
    stricter: 'A section is its calls, not every path that begins like one.',
  },
  {
    on: [],
    method: 'GET',
    target: '/_ping%2f..%2fcontainers%2fjson',
    passes: false,
    stricter: 'A path has one form: no dots, no escapes, no empty parts.',
  },
  {
    on: ['CONTAINERS'],
    method: 'GET',
    target: '/v1.41/CONTAINERS/json',
    passes: false,
    stricter: 'The API is written in small letters; the daemon knows no others.',
  },
  {
    on: ['CONTAINERS'],
    method: 'GET',
    target: '/v1.1.1.1/containers/json',
    passes: false,
    stricter: 'A version is 1.24 or newer.',
  },
  {
    on: ['CONTAINERS'],
    method: 'GET',
    target: '/v1.41/containers/json?all=0&all=1',
    passes: false,
    stricter: 'A parameter is given once, and is one that the call has.',
  },
  {
    on: ['INFO', 'POST'],
    method: 'DELETE',
    target: '/info',
    passes: false,
    stricter: 'POST grants the calls that write, not every method on every path.',
  },
];

export const switchCases: readonly SwitchCase[] = [
  ...ofSections,
  ...singled,
  ...together,
  ...stricterCases,
];

/** As an environment: 1 and 0. */
export function switchesOf({ on, off = [] }: SwitchCase): Readonly<Record<string, string>> {
  return Object.fromEntries([...off.map((name) => [name, '0']), ...on.map((name) => [name, '1'])]);
}
