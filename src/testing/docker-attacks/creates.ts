// Creates that ask for more than a sandbox has: by each field that gives it, and by the ways to say
// a field so that a checker and the daemon read two different things.

import { type Body, createBody, emptyEndpoint } from './base-bodies.ts';
import type { AttackClass, BodyAttack } from './model.ts';

/** `image` is one of the template; `source` a folder that it binds, to `target`. */
export interface CreateGround {
  readonly image: string;
  readonly source: string;
  readonly target: string;
}

export function createAttacks(ground: CreateGround): readonly BodyAttack[] {
  const rows = [
    ...rights(ground),
    ...host(ground),
    ...network(ground),
    ...images(ground),
    ...amounts(),
  ];
  const plain = rows.map(([attackClass, trick, change, hostConfig]) => ({
    trick,
    class: attackClass,
    body: createBody(ground.image, change, hostConfig),
  }));
  return [...plain, ...writings(ground)];
}

type Row = readonly [attackClass: AttackClass, trick: string, change: Body, hostConfig?: Body];

const hostOnly = (attackClass: AttackClass, rows: readonly (readonly [string, Body])[]) =>
  rows.map(([trick, hostConfig]): Row => [attackClass, trick, {}, hostConfig]);

function rights(_ground: CreateGround): readonly Row[] {
  return [
    ['more rights', 'root by number', { User: '0' }],
    ['more rights', 'root by name', { User: 'root' }],
    ['more rights', 'root by group', { User: '1000:0' }],
    ['more rights', 'root by a number with a sign', { User: '+0' }],
    ['more rights', 'root by leading zeros', { User: '000:000' }],
    ['more rights', 'a number that wraps to root', { User: '4294967296' }],
    ['more rights', 'a library that is loaded first', { Env: ['LD_PRELOAD=/workspace/x.so'] }],
    ['more rights', 'a script that bash reads first', { Env: ['BASH_ENV=/workspace/x'] }],
    ['more rights', 'options of node', { Env: ['NODE_OPTIONS=--require /workspace/x.js'] }],
    ['more rights', 'a function for bash', { Env: ['BASH_FUNC_ls%%=() { id; }'] }],
    ['more rights', 'a variable that is given twice', { Env: ['A=1', 'A=2'] }],
    ['more rights', 'the label of another caller', { Labels: { 'clincher.owner': 'clincher/b' } }],
    ['more rights', 'our label in capitals', { Labels: { 'Clincher.Owner': 'clincher/b' } }],
    [
      'more rights',
      'a label that a stack goes by',
      { Labels: { 'com.docker.compose.project': 'x' } },
    ],
    ['more rights', 'a probe that runs again and again', { Healthcheck: { Test: ['CMD', 'id'] } }],
    ['more rights', 'a probe in a field nobody knows', { Healthcheck: { a: { Test: ['CMD'] } } }],
    ['more rights', 'a trigger for images built on it', { OnBuild: ['RUN id'] }],
    ...hostOnly('more rights', [
      ['privileged', { Privileged: true }],
      ['a capability', { CapAdd: ['SYS_ADMIN'] }],
      ['all capabilities', { CapAdd: ['ALL'] }],
      ['the old list of capabilities', { Capabilities: ['CAP_SYS_ADMIN'] }],
      ['new privileges', { SecurityOpt: ['no-new-privileges:false'] }],
      ['no seccomp', { SecurityOpt: ['seccomp=unconfined'] }],
      [
        'a seccomp profile of its own',
        { SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] },
      ],
      ['no AppArmor', { SecurityOpt: ['apparmor=unconfined'] }],
      ['no SELinux', { SecurityOpt: ['label=disable'] }],
      ['open system paths', { SecurityOpt: ['systempaths=unconfined'] }],
      ['the option with a colon', { SecurityOpt: ['seccomp:unconfined'] }],
      ['nothing masked in /proc', { MaskedPaths: [] }],
      ['nothing read-only in /proc', { ReadonlyPaths: [] }],
      ['a group of the host', { GroupAdd: ['docker'] }],
      ['the group of root', { GroupAdd: ['0'] }],
      ['a sysctl', { Sysctls: { 'kernel.shm_rmid_forced': '1' } }],
      ['another runtime', { Runtime: 'kata' }],
      ['an annotation for the runtime', { Annotations: { 'run.oci.keep_original_groups': '1' } }],
    ]),
  ];
}

function host({ source, target }: CreateGround): readonly Row[] {
  const bind = (text: string) => ({ Binds: [text] });
  const mount = (change: Body) => ({
    Mounts: [{ Type: 'bind', Source: source, Target: target, ...change }],
  });
  return [
    ['the host', 'an anonymous volume', { Volumes: { '/x': {} } }],
    ...hostOnly('the host', [
      ['the root of the host', bind('/:/host')],
      ['the root of the host, at an allowed place', bind(`/:${target}`)],
      ['the daemon itself', bind(`/var/run/docker.sock:${target}`)],
      ['a way up', bind(`${source}/../../..:${target}`)],
      ['a way up at the end', bind(`${source}/..:${target}`)],
      ['a single dot', bind(`${source}/.:${target}`)],
      ['a double slash', bind(`/${source}:${target}`)],
      ['a slash at the end', bind(`${source}/:${target}`)],
      ['a neighbour with the same beginning', bind(`${source}-other:${target}`)],
      ['a folder below, that could be a link', bind(`${source}/inside:${target}`)],
      ['the workspace over the programs', bind(`${source}:/usr/bin`)],
      ['the workspace over everything', bind(`${source}:/`)],
      ['a target with a way up', bind(`${source}:${target}/../etc`)],
      ['a shared mount', bind(`${source}:${target}:shared`)],
      ['a slave mount', bind(`${source}:${target}:rslave`)],
      ['an option nobody knows', bind(`${source}:${target}:rw,exec`)],
      ['a volume by name', bind(`secrets:${target}`)],
      ['a relative source', bind(`.:${target}`)],
      ['a Windows path', bind(`C:\\:${target}`)],
      ['a bind with four parts', bind(`${source}:${target}:ro:/etc`)],
      ['a bind without a target', bind(source)],
      ['two mounts at one place', { Binds: [`${source}:${target}`, `${source}:${target}:ro`] }],
      ['a mount of the host', mount({ Source: '/' })],
      ['a mount that is propagated', mount({ BindOptions: { Propagation: 'rshared' } })],
      ['a mount that makes its folder', mount({ BindOptions: { CreateMountpoint: true } })],
      ['a mount whose parts stay writable', mount({ BindOptions: { ReadOnlyNonRecursive: true } })],
      ['a volume as a mount', mount({ Type: 'volume', Source: 'secrets' })],
      [
        'a volume whose driver binds the host',
        mount({
          Type: 'volume',
          Source: 'v',
          VolumeOptions: {
            DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/' } },
          },
        }),
      ],
      ['an image as a mount', mount({ Type: 'image', Source: 'other' })],
      ['a cluster volume', mount({ Type: 'cluster', Source: 'x' })],
      ['a named pipe', mount({ Type: 'npipe' })],
      ['a mount type in capitals', mount({ Type: 'Bind', Source: '/' })],
      ['a mount without a type', { Mounts: [{ Source: '/', Target: target }] }],
      ['a tmpfs with a source', mount({ Type: 'tmpfs', Source: '/etc' })],
      ['a tmpfs over the programs', { Tmpfs: { '/usr': '' } }],
      ['volumes from another container', { VolumesFrom: ['other'] }],
      ['a volume driver', { VolumeDriver: 'sshfs' }],
      ['the processes of the host', { PidMode: 'host' }],
      ['the processes of another container', { PidMode: 'container:other' }],
      ['the memory of the host', { IpcMode: 'host' }],
      ['the memory of another container', { IpcMode: 'container:other' }],
      ['memory that others may join', { IpcMode: 'shareable' }],
      ['the names of the host', { UTSMode: 'host' }],
      ['the users of the host', { UsernsMode: 'host' }],
      ['the cgroups of the host', { CgroupnsMode: 'host' }],
      ['the cgroup of another', { Cgroup: 'container:other' }],
      ['a cgroup outside', { CgroupParent: '/' }],
      [
        'a device',
        {
          Devices: [
            { PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' },
          ],
        },
      ],
      ['a rule for all devices', { DeviceCgroupRules: ['a *:* rwm'] }],
      ['graphics cards', { DeviceRequests: [{ Driver: '', Count: -1, Capabilities: [['gpu']] }] }],
      ['a storage option', { StorageOpt: { size: '100G' } }],
      [
        'a log driver that dials',
        { LogConfig: { Type: 'syslog', Config: { 'syslog-address': 'tcp://192.0.2.1:1' } } },
      ],
      ['a log option', { LogConfig: { Type: '', Config: { env: 'PATH' } } }],
    ]),
  ];
}

function network(_ground: CreateGround): readonly Row[] {
  const endpoints = (change: Body) => ({ NetworkingConfig: { EndpointsConfig: change } });
  return [
    ['the network', 'a network of another stack', endpoints({ 'other-net': emptyEndpoint })],
    [
      'the network',
      'an address of its own',
      endpoints({ none: { ...emptyEndpoint, IPAddress: '192.0.2.7' } }),
    ],
    ['the network', 'an alias', endpoints({ none: { ...emptyEndpoint, Aliases: ['gateway'] } })],
    [
      'the network',
      'driver options',
      endpoints({ none: { ...emptyEndpoint, DriverOpts: { a: 'b' } } }),
    ],
    ['the network', 'a port that is exposed', { ExposedPorts: { '80/tcp': {} } }],
    ['the network', 'a hardware address', { MacAddress: '02:42:ac:11:00:02' }],
    ['the network', 'a domain name', { Domainname: 'example.com' }],
    ...hostOnly('the network', [
      ['the network of the host', { NetworkMode: 'host' }],
      ['the network of another container', { NetworkMode: 'container:other' }],
      ['a named network', { NetworkMode: 'other-net' }],
      ['the network of the host, in capitals', { NetworkMode: 'HOST' }],
      ['a published port', { PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '80' }] } }],
      ['every port published', { PublishAllPorts: true }],
      ['a name server', { Dns: ['192.0.2.53'] }],
      ['a name for the host', { ExtraHosts: ['host:host-gateway'] }],
      ['a link to another container', { Links: ['other:other'] }],
    ]),
  ];
}

function images({ image }: CreateGround): readonly Row[] {
  const [name = image] = image.split(':');
  return [
    ['images', 'another image', { Image: 'other' }],
    ['images', 'another tag', { Image: `${name}:other-tag` }],
    ['images', 'a digest of another', { Image: `${name}@sha256:${'0'.repeat(64)}` }],
    ['images', 'the name at a registry', { Image: `registry.example/${image}` }],
    ['images', 'an id that is not of the template', { Image: `sha256:${'0'.repeat(64)}` }],
    ['images', 'the beginning of an id', { Image: '000000000000' }],
    ['images', 'no image', { Image: '' }],
    ['images', 'a name with a space', { Image: `${image} ` }],
  ];
}

function amounts(): readonly Row[] {
  return hostOnly('more rights', [
    ['more memory', { Memory: 2 ** 40 }],
    ['negative memory', { Memory: -1 }],
    ['memory held back from others', { MemoryReservation: 2 ** 40 }],
    ['more processors', { NanoCpus: 64_000_000_000 }],
    ['processors by period', { CpuPeriod: 100_000, CpuQuota: 6_400_000 }],
    ['real time', { CpuRealtimeRuntime: 950_000 }],
    ['processors by number', { CpusetCpus: '0-63' }],
    ['a weight above others', { CpuShares: 262_144 }],
    ['more processes', { PidsLimit: 100_000 }],
    ['processes without end', { PidsLimit: -2 }],
    ['shared memory without end', { ShmSize: 2 ** 40 }],
    ['a ulimit without end', { Ulimits: [{ Name: 'nofile', Soft: -1, Hard: -1 }] }],
    [
      'a ulimit that the template does not have',
      { Ulimits: [{ Name: 'memlock', Soft: 1, Hard: 1 }] },
    ],
    [
      'a ulimit twice',
      {
        Ulimits: [
          { Name: 'nofile', Soft: 1, Hard: 1 },
          { Name: 'nofile', Soft: 2, Hard: 2 },
        ],
      },
    ],
    ['never the one that is killed', { OomKillDisable: true }],
    ['killed after all others', { OomScoreAdj: -1_000 }],
    ['started again for ever', { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } }],
    ['a share of the disk', { BlkioWeight: 1_000 }],
    ['swap', { MemorySwappiness: 100 }],
  ]);
}

/** The same wishes in JSON that two readers read in two ways. */
function writings({ image, source, target }: CreateGround): readonly BodyAttack[] {
  const whole = JSON.stringify(createBody(image));
  const inHost = (text: string) => whole.replace('"HostConfig":{', `"HostConfig":{${text},`);
  const atTop = (text: string) => `{${text},${whole.slice(1)}`;
  const rows: readonly (readonly [trick: string, text: string])[] = [
    ['a field twice', inHost('"Privileged":true')],
    ['a field in other letters', inHost('"privileged":true')],
    ['a field in capitals', inHost('"PRIVILEGED":true')],
    ['a letter that folds to another', inHost('"Lin\u212as":["other:x"]')],
    ['a field written with an escape', inHost('"\\u0050rivileged":true')],
    ['HostConfig twice', atTop('"HostConfig":{"Privileged":true}')],
    ['HostConfig in small letters', atTop('"hostconfig":{"Privileged":true}')],
    ['a field of HostConfig at the first level', atTop('"Privileged":true')],
    ['binds at the first level', atTop('"Binds":["/:/host"]')],
    ['the old cpuset at the first level', atTop('"Cpuset":"0"')],
    ['a field that nobody knows', inHost('"Unheard":true')],
    ['a field named like every object has', inHost('"__proto__":{"Privileged":true}')],
    ['constructor as a field', atTop('"constructor":{}')],
    ['a second document', `${whole}{"HostConfig":{"Privileged":true}}`],
    ['text after the end', `${whole} x`],
    ['a byte order mark', `\ufeff${whole}`],
    ['a comment', inHost('/* */"Privileged":true')],
    ['a comma too much', whole.replace(/\}$/, ',}')],
    ['a list in the place of the body', `[${whole}]`],
    ['text in the place of the body', JSON.stringify(whole)],
    [
      'text where truth is meant',
      inHost('"AutoRemove2":1').replace('"Privileged":false', '"Privileged":"true"'),
    ],
    ['a number where truth is meant', whole.replace('"Privileged":false', '"Privileged":1')],
    ['a fraction', whole.replace('"Memory":0', '"Memory":1.5')],
    ['an exponent', whole.replace('"Memory":0', '"Memory":1e12')],
    ['a number beyond what is exact', whole.replace('"Memory":0', '"Memory":9007199254740993')],
    ['a nought with a sign', whole.replace('"Memory":0', '"Memory":-0')],
    ['half a character', whole.replace('"Hostname":""', '"Hostname":"\\ud800"')],
    ['a character of no width at its end', whole.replace('"Hostname":""', '"Hostname":"a\\u0000"')],
    [
      'a bind that ends early',
      inHost('"x":1').replace('"Binds":null', `"Binds":["${source}:${target}\\u0000:ro"]`),
    ],
    ['too deep', inHost(`"Annotations":${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)],
    ['too many values', whole.replace('"Cmd":["sleep"', `"Cmd":[${'"x",'.repeat(5_000)}"sleep"`)],
  ];
  return rows.map(([trick, text]) => ({ trick, class: 'the wire', body: null, text }));
}
