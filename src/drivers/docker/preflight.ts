// What this machine and its Docker lack to run a plan, found before anything is started. Each
// finding's id is an error code.

import { accessSync, constants } from 'node:fs';
import { bindListeners } from '../../host/inherit.ts';
import { finding } from '../../host/preflight-finding.ts';
import type { ErrorCode } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { Finding } from '../../kit/finding.ts';
import type { ContainerPlan, Plan } from '../../plan/model.ts';
import type { DockerCli } from './docker-cli.ts';
import { engineFindings, engineVersion } from './engine.ts';
import { findContainers } from './found-container.ts';
import { placeText, publishedBy } from './inspect-service.ts';

/** All of them at once; empty when nothing is in the way. Changes nothing. */
export async function preflight(
  docker: DockerCli,
  plan: Plan,
  project: string,
): Promise<readonly Finding[]> {
  let version: string;
  try {
    version = await engineVersion(docker);
  } catch (error) {
    if (!(error instanceof ClincherError)) throw error;
    return [finding(error.code, 'fatal', 'docker', error.message, error.fix ?? '')];
  }
  const lists = await Promise.all([
    checkCompose(docker),
    checkImages(docker, plan),
    checkPorts(docker, plan, project),
  ]);
  return [...lists.flat(), ...checkMounts(plan), ...engineFindings(version)];
}

async function checkCompose(docker: DockerCli): Promise<Finding[]> {
  const { code, stdout } = await docker.run(['compose', 'version', '--short']);
  const text = stdout.trim().replace(/^v/, '');
  if (code === 0 && Number.parseInt(text, 10) >= 2) return [];
  const what = code === 0 ? `docker compose is ${text}, and 2 is needed` : 'docker has no compose';
  const fix =
    'Install the plugin: sudo apt-get install docker-compose-v2, or docker-compose-plugin.';
  return [finding('compose-missing', 'fatal', 'docker compose', what, fix)];
}

export async function checkImages(docker: DockerCli, plan: Plan): Promise<Finding[]> {
  const wanted = new Map<string, ContainerPlan>();
  for (const { container } of plan.services) {
    if (container !== undefined) wanted.set(container.image, container);
  }
  const found = [...wanted.values()].map(async (planned): Promise<Finding[]> => {
    const { image, imageIds, program } = planned;
    const { code, stdout } = await docker.run(['image', 'inspect', '--format', '{{.Id}}', image]);
    if (code !== 0) {
      const fix =
        program === undefined
          ? 'Make it: clincher image build. Or bring it: clincher image load FILE.'
          : `Bring it: docker pull ${image}, or docker load of a file.`;
      return [finding('image-missing', 'fatal', image, `the image ${image} is not there`, fix)];
    }
    const id = stdout.trim();
    if (imageIds.length === 0 || imageIds.includes(id)) return [];
    const what = `${image} is another image by now: ${id}, not ${imageIds[0]}`;
    const fix = 'Find out who gave the name away; clincher image load brings the right one back.';
    return [finding('image-missing', 'fatal', image, what, fix)];
  });
  return (await Promise.all(found)).flat();
}

function checkMounts(plan: Plan): Finding[] {
  return plan.services.flatMap(({ name, mounts }) =>
    mounts
      .filter(({ source }) => !isThere(source))
      .map(({ source }) =>
        finding(
          'service-failed',
          'fatal',
          name,
          `${name} is to be given ${source}, which is not there`,
          'Start what makes it, or take it out of clincher.yaml.',
        ),
      ),
  );
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return true;
  } catch {
    return false;
  }
}

async function checkPorts(docker: DockerCli, plan: Plan, project: string): Promise<Finding[]> {
  const held = new Set((await findContainers(docker, project)).flatMap(publishedBy).map(placeText));
  const findings: Finding[] = [];
  for (const { name, inherits } of plan.services) {
    for (const listen of inherits) {
      // Below 1024 Docker may listen, and this user may not try.
      if (listen.port < 1_024 || held.has(placeText(listen))) continue;
      try {
        (await bindListeners([listen])).release();
      } catch (error) {
        const { code, message, fix } = error as { code: ErrorCode; message: string; fix?: string };
        findings.push(finding(code, 'fatal', name, message, fix ?? ''));
      }
    }
  }
  return findings;
}
