// Where drivers keep things on this machine, below the state directory (0700).

import { join } from 'node:path';
import { assert } from '../kit/assert.ts';

export interface HostPaths {
  readonly stateDir: string;
  readonly run: string;
  /**
   * Held with flock(1) for as long as a supervisor lives; the kernel lets go of it when it dies.
   */
  readonly lock: string;
  readonly control: string;
  readonly supervisorFacts: string;
  readonly logs: string;
  readonly supervisorLog: string;
  /** Sets the jails' filter of system calls for whoever joins one. */
  readonly joinFilter: string;
  /** Synthetic /etc files that every jail gets. */
  readonly etc: string;
  /** Compiled code of the roles; kept between starts. */
  readonly codeCache: string;
  /** A service's bundles: settings, secrets and rendered files, one folder per start. */
  bundles(service: string): string;
  bundle(service: string, bundle: string): string;
  state(service: string): string;
  edge(edge: string): string;
  log(service: string): string;
}

export function hostPaths(stateDir: string): HostPaths {
  const run = join(stateDir, 'run');
  const logs = join(stateDir, 'logs');
  return {
    stateDir,
    run,
    lock: join(run, 'lock'),
    control: join(run, 'control.sock'),
    supervisorFacts: join(run, 'supervisor.json'),
    logs,
    supervisorLog: join(logs, 'supervisor.log'),
    joinFilter: join(run, 'join-filter'),
    etc: join(run, 'etc'),
    codeCache: join(stateDir, 'code-cache'),
    bundles: (service) => join(run, 'services', plain(service)),
    bundle: (service, bundle) => join(run, 'services', plain(service), plain(bundle)),
    state: (service) => join(stateDir, 'services', plain(service), 'state'),
    edge: (edge) => join(run, 'edges', plain(edge)),
    log: (service) => join(logs, `${plain(service)}.log`),
  };
}

/** A name that is one path element and nothing else: no separator, no dot folder. */
export const plainName = /^[a-z0-9][a-z0-9.-]{0,127}$/i;

function plain(name: string): string {
  assert(plainName.test(name), `not a plain name: ${name}`);
  return name;
}
