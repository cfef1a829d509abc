// An image from a registry, by its digest: what is pulled is what was pinned, or it is refused.

import { ClincherError } from '../kit/error.ts';
import { answered, type DockerWorld, runDocker } from './docker.ts';

/** `registry.example:5000/name/of/it@sha256:...`, a tag before the digest or none. */
const pinned = /^[a-z0-9][a-z0-9._:/-]*@(sha256:[0-9a-f]{64})$/i;
const deadlineMs = 900_000;

/**
 * Resolves to its id in Docker.
 * @throws ClincherError `usage`, `image-unavailable`, `image-changed`, `docker-unreachable`
 */
export async function pullPinned(reference: string, docker: DockerWorld): Promise<string> {
  const digest = pinned.exec(reference)?.[1];
  if (digest === undefined) {
    throw new ClincherError('usage', `${reference} is not pinned: a tag can be moved`, {
      fix: 'Name it by its digest: NAME@sha256:... (docker buildx imagetools inspect NAME shows it).',
    });
  }
  // A daemon that cannot be asked is told from a registry that does not answer.
  answered(await runDocker(['version', '--format', '{{.Server.Version}}'], docker));
  const pulled = await runDocker(['pull', '--quiet', reference], docker, { deadlineMs });
  if (pulled.code !== 0) throw refused(reference, pulled.tail);
  const format = '{{.Id}}{{range .RepoDigests}} {{.}}{{end}}';
  const args = ['image', 'inspect', '--format', format, reference];
  const [id = '', ...digests] = answered(await runDocker(args, docker))
    .trim()
    .split(' ');
  if (digests.some((each) => each.endsWith(`@${digest}`))) return id;
  throw refused(reference, 'Docker has it under another digest: manifest verification failed');
}

function refused(reference: string, said: string): ClincherError {
  if (/verif(?:y|ication)|unexpected.*digest|does not match/i.test(said)) {
    return new ClincherError('image-changed', `${reference} is not what its digest says: ${said}`, {
      fix: 'The registry, or what is between, gives something else than was pinned. Do not use it.',
    });
  }
  return new ClincherError('image-unavailable', `${reference} could not be pulled: ${said}`, {
    fix: 'See that the registry can be reached and has it; without one: clincher image build.',
  });
}
