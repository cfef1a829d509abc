// Docker's socket and what a socket proxy lets through of it.

import type { Check, Fault } from '../../check/check.ts';
import type { FoundService } from '../model.ts';
import { isDockerSocket, isOurs, type StackView, settingOf } from '../view.ts';

export const dockerSocket: Check<StackView> = {
  id: 'stack-docker-socket',
  invariant: "Docker's socket is mounted into a socket proxy alone.",
  because: 'Who can speak to the daemon is root on the host; read-only changes nothing of that.',
  *find(view) {
    for (const service of view.stack.services) {
      if (view.part(service) === 'docker-proxy') continue;
      for (const { source, at } of service.mounts.filter((one) => isDockerSocket(one.source))) {
        yield {
          severity: 'fatal',
          about: service.name,
          message: `${service.name} has ${source}, which is root on the host`,
          fix: 'Take the mount out; what needs Docker, give a proxy that judges each call.',
          at,
        };
      }
    }
  },
};

export const dockerRights: Check<StackView> = {
  id: 'stack-docker-rights',
  invariant: 'What a socket proxy lets through makes nobody more than they are.',
  because:
    'A container that is made with any body is root on the host; one that can be inspected gives ' +
    'away its keys, and its files.',
  *find(view) {
    for (const proxy of view.ofPart('docker-proxy')) {
      if (!isOurs(proxy)) yield* judgeProxy(proxy);
    }
  },
};

function* judgeProxy(proxy: FoundService): Iterable<Fault> {
  const { name, words, settings, at } = proxy;
  const isOn = (key: string) => /^(1|true|yes)$/i.test(settingOf(proxy, key)?.value ?? '');
  const place = (key: string) => settingOf(proxy, key)?.at ?? at;
  const byPath = [...words, ...settings.map((one) => `${one.name}=${one.value ?? ''}`)].find(
    (one) => /^-*(SP_)?allow_?POST=./i.test(one),
  );
  const fault = (severity: Fault['severity'], key: string, what: string, fix: string): Fault => ({
    ...{ severity, about: name, message: `${name} ${what}`, fix, at: place(key) },
  });
  const own = 'Use a proxy that judges bodies and knows whose container is whose.';
  if (isOn('POST') && ['CONTAINERS', 'EXEC', 'IMAGES', 'VOLUMES'].some(isOn)) {
    yield fault('fatal', 'POST', 'lets make containers with any rights: POST=1', own);
  }
  if (byPath !== undefined) {
    yield fault('fatal', 'SP_ALLOW_POST', 'judges paths and no body: any container', own);
  }
  if (isOn('CONTAINERS')) {
    const what = 'lets read the environment, files and logs of every container: CONTAINERS=1';
    yield fault('fatal', 'CONTAINERS', what, own);
  }
  if (isOn('EXEC') && !isOn('POST')) {
    const what = 'refuses every command in a container: EXEC=1 does nothing without POST=1';
    yield fault('warning', 'EXEC', what, own);
  }
  if (!settings.some((one) => /^[A-Z_]+$/.test(one.name)) && byPath === undefined) {
    yield fault('fatal', 'image', 'lets through what no setting of it says', own);
  }
}

export const sandboxMounts: Check<StackView> = {
  id: 'stack-sandbox-mounts',
  invariant: 'An agent that makes containers keeps its workspace at a path of the host.',
  because: 'A path in a named volume is not there for the daemon: sandboxes get an empty folder.',
  *find(view) {
    for (const agent of view.ofPart('agent')) {
      const hasSocket = agent.mounts.some(({ source }) => isDockerSocket(source));
      if (settingOf(agent, 'DOCKER_HOST') === undefined && !hasSocket) continue;
      for (const { kind, source, target, at } of agent.mounts) {
        if (kind !== 'volume') continue;
        yield {
          severity: 'warning',
          about: agent.name,
          message: `${agent.name} makes containers, and keeps ${target} in the volume ${source}`,
          fix: 'Bind a folder of the host to the same path inside.',
          at,
        };
      }
    }
  },
};
