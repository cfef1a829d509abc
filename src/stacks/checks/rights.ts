// Rights beyond those of a program that calls its neighbours: of the kernel, of the host's files,
// of its memory.

import type { Check, Fault } from '../../check/check.ts';
import { isWithin } from '../../check/host-path.ts';
import type { FoundService } from '../model.ts';
import { isDockerSocket, type StackView } from '../view.ts';

/** What a program that is not root may be given without harm to others. */
const harmless =
  /^(CAP_)?(NET_BIND_SERVICE|CHOWN|SETUID|SETGID|FOWNER|KILL|DAC_OVERRIDE|SETPCAP)$/i;

export const rights: Check<StackView> = {
  id: 'stack-rights',
  invariant: 'No service has rights over the host.',
  because: 'Each of these is a known way from inside a container to the machine.',
  *find(view) {
    for (const service of view.stack.services) {
      const { name, flags, lists, texts, networkMode, placeOf } = service;
      const fault = (key: string, what: string): Fault => ({
        ...{ severity: 'fatal', about: name, message: `${name} has ${what}`, at: placeOf(key) },
        fix: `Take \`${key}\` out; who needs it stands outside of the agent's reach.`,
      });
      if (flags.privileged) yield fault('privileged', 'every right of the host (privileged)');
      const added = lists.cap_add.filter((one) => !harmless.test(one));
      if (added.length > 0)
        yield fault('cap_add', `capabilities over the host: ${added.join(', ')}`);
      if (networkMode === 'host') yield fault('network_mode', "the host's network");
      for (const key of ['pid', 'ipc', 'uts', 'userns_mode', 'cgroup'] as const) {
        if (texts[key] === 'host')
          yield fault(key, `the host's ${key.replace('_mode', '')} namespace`);
      }
      const loose = lists.security_opt.filter((one) => /unconfined|label[:=]disable/.test(one));
      if (loose.length > 0) yield fault('security_opt', `no filter: ${loose.join(', ')}`);
      if (lists.devices.length > 0) yield fault('devices', `devices: ${lists.devices.join(', ')}`);
      if (view.part(service) === 'agent') yield* kept(service);
    }
  },
};

/** Of who is expected to be taken over nothing is left that it does not need. */
function* kept({ name, lists, texts, flags, at }: FoundService): Iterable<Fault> {
  const lacks = [
    ...(lists.cap_drop.some((one) => /^all$/i.test(one)) ? [] : ['cap_drop: [ALL]']),
    ...(lists.security_opt.some((one) => /^no-new-privileges(:true)?$/.test(one))
      ? []
      : ['no-new-privileges']),
    ...(/^(0|root)?(:|$)/.test(texts.user) ? ['user'] : []),
    ...(flags.read_only ? [] : ['read_only']),
  ];
  if (lacks.length === 0) return;
  const message = `${name} keeps rights that it does not need: without ${lacks.join(', ')}`;
  yield { severity: 'warning', about: name, message, fix: `Set ${lacks.join(', ')}.`, at };
}

const ofTheHost = ['/etc', '/root', '/home', '/proc', '/sys', '/dev', '/boot', '/usr', '/lib'];
const aroundAll = ['/', '/var', '/var/lib', '/var/lib/docker', '/run', '/var/run', '/opt', '/srv'];
const inHomes = /^(~|\$\{?HOME\}?)(\/\.(ssh|aws|config|docker|kube|gnupg|netrc|npmrc)\b.*|\/?)$/;

export const mounts: Check<StackView> = {
  id: 'stack-mounts',
  invariant: 'What a service sees of the host is a folder made for it.',
  because: 'A folder of the host has keys in it to read, or programs in it to change.',
  *find(view) {
    for (const { name, mounts: all } of view.stack.services) {
      for (const { kind, source, readOnly, at } of all) {
        if (kind !== 'bind' || isDockerSocket(source)) continue;
        const isWhole = ['.', './', '..', '../'].includes(source);
        const isHosts =
          source.startsWith('/') &&
          (aroundAll.includes(source.replace(/(.)\/+$/, '$1')) ||
            ofTheHost.some((folder) => isWithin(source, folder) && source !== '/etc/localtime'));
        if (!isWhole && !isHosts && !inHomes.test(source)) continue;
        const what = isWhole ? 'the folder of this file, with what stands beside it' : source;
        yield {
          severity: 'fatal',
          about: name,
          message: `${name} ${readOnly ? 'reads' : 'reads and changes'} ${what}`,
          fix: 'Make a folder for it, with nothing in it but what it needs.',
          at,
        };
      }
    }
  },
};

export const limits: Check<StackView> = {
  id: 'stack-limits',
  invariant: 'What the agent starts is bounded in memory and in processes.',
  because: 'One loop of it takes the machine from all others.',
  *find(view) {
    for (const { name, limits: has, at } of view.ofPart('agent')) {
      const lacks = [
        ...(has.memory ? [] : ['mem_limit']),
        ...(has.processes ? [] : ['pids_limit']),
      ];
      if (lacks.length === 0) continue;
      const message = `${name} may take all of the machine: without ${lacks.join(' and ')}`;
      yield { severity: 'warning', about: name, message, fix: `Set ${lacks.join(' and ')}.`, at };
    }
  },
};
