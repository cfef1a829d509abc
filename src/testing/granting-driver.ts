// A driver for tests that makes nothing: every probe is answered with the worst that it could say.
// Each thing that was tried succeeded, whatever it was; so whatever is judged has to be red.

import type { Driver, InspectedProcess } from '../drivers/driver.ts';
import type { Plan } from '../plan/model.ts';
import { socketIn } from '../plan/paths.ts';
import type { FilesInput } from '../verify/probes/files.ts';
import type { FireInput, Heard } from '../verify/probes/fire.ts';
import type { ReachInput } from '../verify/probes/reach.ts';
import type { SystemInput } from '../verify/probes/system.ts';
import type { TouchInput } from '../verify/probes/touch.ts';
import type { TwinInput } from '../verify/probes/twin.ts';

export function grantingDriver(plan: Plan): Driver {
  const state = { state: 'ready', hash: '', pid: 1, startedAt: 1, restarts: 0, detail: null };
  const nothing = async () => {};
  /** All that any guard was told is on the page of metrics. */
  const told: string[] = [];
  return {
    name: plan.driver,
    preflight: async () => [],
    observe: async () => ({
      topologyHash: plan.topologyHash,
      services: plan.services.map(({ name, hash }) => ({ ...state, state: 'ready', name, hash })),
    }),
    apply: nothing,
    probe: async (service, _, input) => {
      const dials = plan.services.find(({ name }) => name === service)?.dials ?? [];
      const sockets = dials.map(({ folder }) => socketIn(folder).slice('unix:'.length));
      return JSON.stringify(worstOf(input as Record<string, unknown>, sockets, told));
    },
    exec: async () => 0,
    inspect: async () => ({
      ...{ processes: [firstProcess], worldListeners: [], worldConnections: [] },
      ...{ stateIdentity: null, groupLimits: null },
      container: {
        ...{ image: 'another', user: '0:0', readOnlyRoot: false, privileged: true },
        ...{ capabilitiesAdded: [], securityOptions: [], devices: 0, shares: [] },
        ...{ resolvers: [], networks: [] },
      },
    }),
    async *logs() {},
    [Symbol.asyncDispose]: nothing,
  };
}

const firstProcess: InspectedProcess = {
  ...{ pid: 1, argv: [], env: {}, users: [0], noNewPrivileges: false, filtersSystemCalls: false },
  capabilities: { inheritable: '1', permitted: '1', effective: '1', bounding: '1', ambient: '1' },
  limits: { files: Infinity, processes: Infinity, dataBytes: Infinity },
  ...{ joined: false, namespaces: {}, mounts: [], foreignFiles: [] },
};

/** Which program it is, its input tells. */
function worstOf(
  input: Record<string, unknown>,
  sockets: readonly string[],
  told: string[],
): unknown {
  if ('attempts' in input) return worstSystem(input as unknown as SystemInput);
  if ('forbidden' in input) return worstFiles(input as unknown as FilesInput, sockets);
  if ('fingerprints' in input)
    return { hits: [], complete: false, files: 0, bytes: 0, unreadable: [] };
  if ('targets' in input) return (input as unknown as ReachInput).targets.map(reached);
  if ('touches' in input)
    return (input as unknown as TouchInput).touches.map(({ id }) => ({ id, code: 'done' }));
  if ('shots' in input) return (input as unknown as FireInput).shots.map((shot) => met(shot, told));
  if ('questions' in input)
    return (input.questions as { id: number }[]).map(({ id }) => ({ id, status: 200, code: '' }));
  if ('tries' in input) return worstTwin(input as unknown as TwinInput);
  return { code: 0, stdout: worstCommand(String(input.input)), stderr: '' };
}

const reached = ({ id, token }: ReachInput['targets'][number]) => ({
  ...{ id, code: 'connected', answer: token ?? '' },
});

function met({ id, bytes }: FireInput['shots'][number], told: string[]): Heard {
  told.push(bytes);
  const page = bytes.startsWith('GET /metrics ') ? `clincher_up{} 1\n${told.join('\n')}` : '';
  return { id, text: `HTTP/1.1 200 OK\r\n\r\n${page}`, answers: 1, code: '' };
}

function worstSystem({ attempts }: SystemInput) {
  const none = { interfaces: [], devices: [], routes: [], listeners: [], unixPaths: [] };
  return {
    ...{ ...none, abstracts: [], processes: [], unheldListeners: [], heldSockets: [] },
    ...{ uid: 0, status: {}, namespaces: { net: 'net:[1]' }, unreadableProcesses: [] },
    attempts: Object.fromEntries(attempts.map(({ name }) => [name, '0'])),
  };
}

function worstFiles({ forbidden }: FilesInput, paths: readonly string[]) {
  const reads = forbidden.map((path) => ({ path, code: 'read' }));
  const sockets = paths.map((path) => ({ path, identity: '1:1', code: 'connected' }));
  return { sockets, suspicious: [], reads, mounts: [], complete: true, entries: 0 };
}

function worstTwin({ tries }: TwinInput) {
  const answers = [{ status: 200, reason: '' }];
  const heard = tries.map(({ id, hides }) => ({
    ...{ id, arrivals: 1_000, tokens: 1_000_000, leaked: hides, isShared: true, answers },
  }));
  return { failed: '', heard };
}

/** A command is told what to try in its own text. */
function worstCommand(program: string): string {
  const told = JSON.parse(JSON.parse(/json\.loads\((".*")\)/.exec(program)?.[1] ?? '"{}"'));
  const acts = told.acts.map(({ id }: { id: number }) => [id, 'done']);
  const attempts = told.attempts.map(({ name }: { name: string }) => [name, '0']);
  return JSON.stringify({
    acts: Object.fromEntries(acts),
    attempts: Object.fromEntries(attempts),
  });
}
