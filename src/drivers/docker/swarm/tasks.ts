// What a manager says of a stack: its services, and the tasks of each.

import * as z from 'zod';
import { labels } from '../../../targets/compose/model.ts';
import type { DockerCli } from '../docker-cli.ts';
import { lines } from '../found-container.ts';

export const stackLabel = 'com.docker.stack.namespace';

const labelled = z.object({ Labels: z.record(z.string(), z.string()).nullish() });

const serviceSchema = z.object({
  ID: z.string(),
  Spec: z.object({ Name: z.string(), TaskTemplate: z.object({ ContainerSpec: labelled }) }),
  UpdateStatus: z
    .object({ State: z.string().optional(), Message: z.string().optional() })
    .nullish(),
});

const taskSchema = z.object({
  ID: z.string(),
  ServiceID: z.string(),
  NodeID: z.string().optional(),
  CreatedAt: z.string(),
  DesiredState: z.string(),
  Spec: z.object({ ContainerSpec: labelled }),
  Status: z.object({
    Timestamp: z.string(),
    State: z.string(),
    Message: z.string().optional(),
    Err: z.string().optional(),
    ContainerStatus: z
      .object({
        ContainerID: z.string().optional(),
        PID: z.number().optional(),
        ExitCode: z.number().optional(),
      })
      .nullish(),
  }),
});

export type Task = z.infer<typeof taskSchema>;

export interface StackService {
  readonly name: string;
  /** As Docker knows it. */
  readonly id: string;
  readonly hash: string;
  /** `updating`, `rollback_completed`; null where it was never changed. */
  readonly update: string | null;
  /** The newest first; Docker forgets all but the last few. */
  readonly tasks: readonly Task[];
}

/** @throws ClincherError `docker-unreachable`, `service-failed` */
export async function findServices(docker: DockerCli, stack: string): Promise<StackService[]> {
  const filter = ['--filter', `label=${stackLabel}=${stack}`];
  const ids = lines(await docker.ask(['service', 'ls', '--quiet', ...filter]));
  if (ids.length === 0) return [];
  // What goes meanwhile makes a command end with 1, after it has said all of the others.
  const inspected = async (type: string, names: readonly string[]) => {
    if (names.length === 0) return [];
    const { stdout } = await docker.run(['inspect', '--type', type, ...names]);
    return JSON.parse(stdout.trim() || '[]');
  };
  const services = z.array(serviceSchema).parse(await inspected('service', ids));
  const { stdout } = await docker.run(['service', 'ps', '--quiet', '--no-trunc', ...ids]);
  const tasks = z.array(taskSchema).parse(await inspected('task', lines(stdout)));
  return services.map(({ ID, Spec, UpdateStatus }) => {
    const own = Spec.TaskTemplate.ContainerSpec.Labels ?? {};
    return {
      ...{ id: ID, name: own[labels.service] ?? Spec.Name, hash: own[labels.hash] ?? '' },
      update: UpdateStatus?.State ?? null,
      tasks: tasks
        .filter(({ ServiceID }) => ServiceID === ID)
        .toSorted((a, b) => (a.CreatedAt < b.CreatedAt ? 1 : -1)),
    };
  });
}

/** The address of each node, by its id; what a manager says of itself may be none. */
export async function machinesOf(docker: DockerCli): Promise<ReadonlyMap<string, string>> {
  const ids = lines(await docker.ask(['node', 'ls', '--quiet']));
  const format = ['--format', '{{.ID}} {{.Status.Addr}}'];
  const said = lines(await docker.ask(['node', 'inspect', ...format, ...ids]));
  const pairs = said.map((line) => line.split(' ') as [string, string]);
  return new Map(pairs.filter(([, address]) => address !== '0.0.0.0'));
}

/** The one that is meant to run; null where there is none. */
export function currentTask({ tasks }: StackService): Task | null {
  return tasks.find(({ DesiredState }) => DesiredState === 'running') ?? tasks[0] ?? null;
}

export function isRunning(task: Task | null): task is Task {
  return task?.DesiredState === 'running' && task.Status.State === 'running';
}

export function hasEnded({ Status }: Task): boolean {
  return ['failed', 'rejected', 'complete'].includes(Status.State);
}

/** Of what it was made from. */
export function hashOf({ Spec }: Task): string {
  return Spec.ContainerSpec.Labels?.[labels.hash] ?? '';
}

/** `pending: no suitable node`, `ended (exit code 3)`. */
export function taskText(task: Task): string {
  const { State, Err } = task.Status;
  const why = Err === undefined || Err === '' ? '' : `: ${Err}`;
  const code = exitCodeOf(task);
  return code === 0 ? `${State}${why}` : `ended (exit code ${code})`;
}

/** Of one that ended, in a sentence about its service. */
export function endText(task: Task): string {
  const code = exitCodeOf(task);
  if (code === 0) return `does not stay up: ${taskText(task)}`;
  return `ended before it was ready (exit code ${code})`;
}

function exitCodeOf({ Status }: Task): number {
  return Status.ContainerStatus?.ExitCode ?? 0;
}
