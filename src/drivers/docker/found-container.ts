// What `docker inspect` says of the stack's containers, as far as it is looked at.

import * as z from 'zod';
import { labels } from '../../targets/compose/model.ts';
import type { DockerCli } from './docker-cli.ts';

const endpoint = z.object({ IPAddress: z.string(), NetworkID: z.string() });
const binding = z.object({ HostIp: z.string(), HostPort: z.string() });
const nullable = <T extends z.ZodType>(list: T) => z.array(list).nullish();

const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  Image: z.string(),
  RestartCount: z.number(),
  State: z.object({
    Status: z.string(),
    Pid: z.number(),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    StartedAt: z.string(),
    Health: z
      .object({ Status: z.string(), Log: nullable(z.object({ Output: z.string() })) })
      .nullish(),
  }),
  Config: z.object({
    User: z.string(),
    Image: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: z.object({
    Privileged: z.boolean(),
    CapAdd: nullable(z.string()),
    CapDrop: nullable(z.string()),
    ReadonlyRootfs: z.boolean(),
    SecurityOpt: nullable(z.string()),
    PidMode: z.string(),
    IpcMode: z.string(),
    UTSMode: z.string(),
    UsernsMode: z.string(),
    NetworkMode: z.string(),
    Devices: nullable(z.unknown()),
    Dns: nullable(z.string()),
    /** Zero, or nothing, is no bound. */
    Memory: z.number().nullish(),
    PidsLimit: z.number().nullish(),
    NanoCpus: z.number().nullish(),
    PortBindings: z.record(z.string(), nullable(binding)).nullish(),
  }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), endpoint).nullish() }),
});

export type FoundContainer = z.infer<typeof containerSchema>;

const projectLabel = 'com.docker.compose.project';

/** Those of the project, whatever their state. */
export function findContainers(
  docker: DockerCli,
  project: string,
): Promise<readonly FoundContainer[]> {
  return findLabelled(docker, `${projectLabel}=${project}`);
}

/** Those of ours that have a label, as `key=value`. */
export async function findLabelled(
  docker: DockerCli,
  label: string,
): Promise<readonly FoundContainer[]> {
  const filters = ['--filter', `label=${label}`];
  const ids = lines(await docker.ask(['ps', '--all', '--quiet', '--no-trunc', ...filters]));
  if (ids.length === 0) return [];
  // One that goes meanwhile makes the command end with 1, after it has said all of the others.
  const { stdout } = await docker.run(['inspect', '--type', 'container', ...ids]);
  const found = z.array(containerSchema).parse(JSON.parse(stdout.trim() || '[]'));
  return found.filter(({ Config }) => serviceOf(Config) !== null);
}

export function serviceOf({ Labels }: FoundContainer['Config']): string | null {
  return Labels?.[labels.service] ?? null;
}

export function labelOf({ Config }: FoundContainer, label: string): string {
  return Config.Labels?.[label] ?? '';
}

export function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
