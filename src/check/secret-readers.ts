// Every secret is readable by the roles that need it and by no other.

import type { Run, SecretDeclaration, Service } from '../topology/model.ts';
import type { Check } from './check.ts';

/** Who needs which kind. Provider keys have a check of their own. */
const readers: Readonly<Record<SecretDeclaration['kind'], readonly Run['role'][] | null>> = {
  'provider-key': null,
  'virtual-key': ['gateway', 'llm'],
  'alarm-address': ['llm'],
  'redis-password': ['llm'],
  'master-key': ['llm'],
  'gateway-token': ['gateway'],
  'agent-credential': ['gateway'],
  'tls-key': ['ingress'],
  'metrics-token': ['ingress'],
  'monitor-credential': [],
  'receiver-credential': [],
  'ssh-key': ['gateway', 'sandbox'],
  'secret-marks': ['llm'],
};

export const secretReaders: Check = {
  id: 'secret-readers',
  invariant: 'Each secret is readable by the services that need it and by no other.',
  because: 'One service that is taken over would give away what protects another.',
  *find(view) {
    for (const service of view.topology.services) {
      for (const name of service.holds) {
        const kind = view.secrets.get(name)?.kind;
        if (kind === undefined || mayRead(service, kind)) continue;
        yield {
          severity: 'fatal',
          about: service.name,
          message: `${service.name} may read ${name} (${kind}), which it has no use for`,
          fix: `Take ${name} from ${service.name}.`,
          at: service.at,
        };
      }
    }
  },
};

function mayRead({ run, host }: Service, kind: SecretDeclaration['kind']): boolean {
  const roles = readers[kind];
  if (roles === null) return true;
  if (kind === 'monitor-credential' || kind === 'receiver-credential') {
    return host === 'monitor' && run.role === 'program';
  }
  return roles.includes(run.role);
}
