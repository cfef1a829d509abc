// The calls of the Docker Engine API that are about images, builds, volumes, networks, plugins and
// swarms: no profile of clincher's own has them. They are known so that Tecnativa's switches and
// custom rules can name them, and everything else is not.

import type { OperationRow } from './operation.ts';

const logs = 'details:b follow:b stdout:b stderr:b since:t timestamps:b tail:t';
const build =
  'dockerfile:t t:t extrahosts:t remote:t q:b nocache:b cachefrom:t pull:t rm:b forcerm:b ' +
  'memory:i memswap:i cpushares:i cpusetcpus:t cpuperiod:i cpuquota:i buildargs:t shmsize:i ' +
  'squash:b labels:t networkmode:t platform:t target:t outputs:t version:t session:t buildid:t ' +
  'cgroupparent:t cpusetmems:t ulimits:t isolation:t securityopt:t';

const images: readonly OperationRow[] = [
  ['ImageBuild', `POST /build ${build}`, 'opaque', 'stream', 'slow'],
  [
    'BuildPrune',
    'POST /build/prune keep-storage:i reserved-space:i max-used-space:i min-free-space:i ' +
      'all:b filters:f',
    'none',
    'stream',
    'slow',
  ],
  ['BuildCancel', 'POST /build/cancel id:t', 'none', 'whole'],
  [
    'ImageCreate',
    'POST /images/create fromImage:t fromSrc:t repo:t tag:t message:t changes:t platform:t',
    'opaque',
    'stream',
    'slow',
  ],
  ['ImageSearch', 'GET /images/search term:t limit:i filters:f', 'none', 'stream', 'slow'],
  ['ImagePrune', 'POST /images/prune filters:f', 'none', 'stream', 'slow'],
  ['ImageGetAll', 'GET /images/get names:t platform:t', 'none', 'stream', 'slow'],
  ['ImageLoad', 'POST /images/load quiet:b platform:t', 'opaque', 'stream', 'slow'],
  ['ImageHistory', 'GET /images/{image}/history platform:t', 'none', 'stream'],
  [
    'ImageAttestations',
    'GET /images/{image}/attestations platform:t type:t statement:b',
    'none',
    'stream',
  ],
  ['ImageGet', 'GET /images/{image}/get platform:t', 'none', 'stream', 'slow'],
  ['ImagePush', 'POST /images/{image}/push tag:t platform:t', 'none', 'stream', 'slow'],
  ['ImageTag', 'POST /images/{image}/tag repo:t tag:t', 'none', 'stream'],
  ['ImageDelete', 'DELETE /images/{image} force:b noprune:b platforms:t', 'none', 'stream', 'slow'],
  [
    'ImageCommit',
    'POST /commit container:t repo:t tag:t comment:t author:t pause:b changes:t',
    'opaque',
    'stream',
    'slow',
  ],
  ['DistributionInspect', 'GET /distribution/{image}/json', 'none', 'stream', 'slow'],
  ['SystemAuth', 'POST /auth', 'opaque', 'stream', 'slow'],
  ['SystemDataUsage', 'GET /system/df type:t verbose:b', 'none', 'stream', 'slow'],
  ['Session', 'POST /session', 'none', 'hijack'],
  ['Grpc', 'POST /grpc', 'none', 'hijack'],
];

const objects: readonly OperationRow[] = [
  ['VolumeList', 'GET /volumes filters:f', 'none', 'stream'],
  ['VolumeCreate', 'POST /volumes/create', 'opaque', 'stream'],
  ['VolumePrune', 'POST /volumes/prune filters:f', 'none', 'stream', 'slow'],
  ['VolumeInspect', 'GET /volumes/{object}', 'none', 'stream'],
  ['VolumeUpdate', 'PUT /volumes/{object} version:i', 'opaque', 'stream'],
  ['VolumeDelete', 'DELETE /volumes/{object} force:b', 'none', 'stream'],
  ['NetworkList', 'GET /networks filters:f', 'none', 'stream'],
  ['NetworkCreate', 'POST /networks/create', 'opaque', 'stream'],
  ['NetworkPrune', 'POST /networks/prune filters:f', 'none', 'stream', 'slow'],
  ['NetworkInspect', 'GET /networks/{object} verbose:b scope:t', 'none', 'stream'],
  ['NetworkDelete', 'DELETE /networks/{object}', 'none', 'stream'],
  ['NetworkConnect', 'POST /networks/{object}/connect', 'opaque', 'stream'],
  ['NetworkDisconnect', 'POST /networks/{object}/disconnect', 'opaque', 'stream'],
  ['PluginList', 'GET /plugins filters:f', 'none', 'stream'],
  ['GetPluginPrivileges', 'GET /plugins/privileges remote:t', 'none', 'stream', 'slow'],
  ['PluginPull', 'POST /plugins/pull remote:t name:t', 'opaque', 'stream', 'slow'],
  ['PluginCreate', 'POST /plugins/create name:t', 'opaque', 'stream', 'slow'],
  ['PluginInspect', 'GET /plugins/{plugin}/json', 'none', 'stream'],
  ['PluginDelete', 'DELETE /plugins/{plugin} force:b', 'none', 'stream'],
  ['PluginEnable', 'POST /plugins/{plugin}/enable timeout:i', 'none', 'stream'],
  ['PluginDisable', 'POST /plugins/{plugin}/disable force:b', 'none', 'stream'],
  ['PluginUpgrade', 'POST /plugins/{plugin}/upgrade remote:t', 'opaque', 'stream', 'slow'],
  ['PluginPush', 'POST /plugins/{plugin}/push', 'none', 'stream', 'slow'],
  ['PluginSet', 'POST /plugins/{plugin}/set', 'opaque', 'stream'],
];

const swarms: readonly OperationRow[] = [
  ['NodeList', 'GET /nodes filters:f', 'none', 'stream'],
  ['NodeInspect', 'GET /nodes/{object}', 'none', 'stream'],
  ['NodeDelete', 'DELETE /nodes/{object} force:b', 'none', 'stream'],
  ['NodeUpdate', 'POST /nodes/{object}/update version:i', 'opaque', 'stream'],
  ['SwarmInspect', 'GET /swarm', 'none', 'stream'],
  ['SwarmInit', 'POST /swarm/init', 'opaque', 'stream'],
  ['SwarmJoin', 'POST /swarm/join', 'opaque', 'stream', 'slow'],
  ['SwarmLeave', 'POST /swarm/leave force:b', 'none', 'stream', 'slow'],
  [
    'SwarmUpdate',
    'POST /swarm/update version:i rotateWorkerToken:b rotateManagerToken:b ' +
      'rotateManagerUnlockKey:b',
    'opaque',
    'stream',
  ],
  ['SwarmUnlockkey', 'GET /swarm/unlockkey', 'none', 'stream'],
  ['SwarmUnlock', 'POST /swarm/unlock', 'opaque', 'stream'],
  ['ServiceList', 'GET /services filters:f status:b', 'none', 'stream'],
  ['ServiceCreate', 'POST /services/create', 'opaque', 'stream'],
  ['ServiceInspect', 'GET /services/{object} insertDefaults:b', 'none', 'stream'],
  ['ServiceDelete', 'DELETE /services/{object}', 'none', 'stream'],
  [
    'ServiceUpdate',
    'POST /services/{object}/update version:i registryAuthFrom:t rollback:t',
    'opaque',
    'stream',
  ],
  ['ServiceLogs', `GET /services/{object}/logs ${logs}`, 'none', 'stream'],
  ['TaskList', 'GET /tasks filters:f', 'none', 'stream'],
  ['TaskInspect', 'GET /tasks/{object}', 'none', 'stream'],
  ['TaskLogs', `GET /tasks/{object}/logs ${logs}`, 'none', 'stream'],
  ...(['secret', 'config'] as const).flatMap(versionedObject),
];

function versionedObject(kind: 'secret' | 'config'): readonly OperationRow[] {
  const name = kind === 'secret' ? 'Secret' : 'Config';
  const path = `/${kind}s`;
  return [
    [`${name}List`, `GET ${path} filters:f`, 'none', 'stream'],
    [`${name}Create`, `POST ${path}/create`, 'opaque', 'stream'],
    [`${name}Inspect`, `GET ${path}/{object}`, 'none', 'stream'],
    [`${name}Delete`, `DELETE ${path}/{object}`, 'none', 'stream'],
    [`${name}Update`, `POST ${path}/{object}/update version:i`, 'opaque', 'stream'],
  ];
}

export const objectOperations: readonly OperationRow[] = [...images, ...objects, ...swarms];
