// What exists for a caller: what it made, by the label that we put on it, and what its settings
// lend it by name. Everything else is not there.

import type { Call, CallerPolicy, Reference } from './model.ts';
import { lentCalls } from './profiles.ts';
import { ownerLabel } from './reserved.ts';

export function ownerOf({ scope, caller }: CallerPolicy): string {
  return `${scope}/${caller}`;
}

/** What the daemon is asked to find what the text of a reference means; null: nothing to find. */
export function referencePath({ kind, text }: Reference): string | null {
  return kind === 'container' ? `/containers/${encodeURIComponent(text)}/json` : null;
}

/** The full id in an answer to referencePath, or null where it holds none. */
export function idOf({ kind }: Reference, inspected: unknown): string | null {
  const id = kind === 'container' ? field(inspected, 'Id') : null;
  return typeof id === 'string' && /^[0-9a-f]{64}$/.test(id) ? id : null;
}

/** `inspected` is what the daemon said of the container that the call, or its exec, is about. */
export function inScope(policy: CallerPolicy, call: Call, inspected: unknown): boolean {
  const labels = field(field(inspected, 'Config'), 'Labels');
  if (isOwned(policy, labels)) return true;
  if (isOwnContainer(policy, inspected)) return isAskedOfOwn(call, inspected);
  const name = field(inspected, 'Name');
  if (typeof name !== 'string') return false;
  const plain = name.replace(/^\//, '');
  if (lentCalls.has(call.operation) && policy.containers.includes(plain)) return true;
  return call.operation === 'ContainerInspect' && policy.inspectable.includes(plain);
}

/** The one that the caller runs in itself, by its exact name; what has its label is a sandbox. */
export function isOwnContainer(policy: CallerPolicy, inspected: unknown): boolean {
  const { own } = policy;
  if (own === undefined || isOwned(policy, field(field(inspected, 'Config'), 'Labels')))
    return false;
  return field(inspected, 'Name') === `/${own.container}`;
}

/** By its whole id, as the caller reads it off its own mounts, and with nothing asked beside. */
function isAskedOfOwn({ operation, query, body, reference }: Call, inspected: unknown): boolean {
  const known = reference?.text === field(inspected, 'Id') && query.length === 0;
  return known && (operation === 'ContainerInspect' || body === 'exec-create');
}

/** By the labels of a container, as inspects, lists and events give them. */
export function isOwned(policy: CallerPolicy, labels: unknown): boolean {
  const isObserver = policy.profile === 'observe';
  if (isObserver && policy.unsafeSeeAll) return true;
  const owner = field(labels, ownerLabel);
  if (typeof owner !== 'string') return false;
  return isObserver ? owner.startsWith(`${policy.scope}/`) : owner === ownerOf(policy);
}

/** By its name as it was asked for: `debian` and `docker.io/library/debian:latest` are one. */
export function imageIsShown(policy: CallerPolicy, text: string): boolean {
  if (policy.profile === 'observe' && policy.unsafeSeeAll) return true;
  return findImage(policy, text) !== null;
}

/** The template's image that a name or an id stands for, or null. */
export function findImage(
  { template }: CallerPolicy,
  text: string,
): { readonly name: string; readonly id: string | null } | null {
  const asked = fullImageName(text);
  const image = template?.images.find(
    ({ name, id }) => fullImageName(name) === asked || (id !== undefined && id === text),
  );
  return image === undefined ? null : { name: image.name, id: image.id ?? null };
}

/** Sandboxes are made from an image's id; whoever asked for it by its name sees that again. */
export function imageNameOf({ template }: CallerPolicy, image: unknown): unknown {
  return template?.images.find(({ id }) => id !== undefined && id === image)?.name ?? image;
}

/** As the daemon reads a name: with a registry, a folder and a tag. */
export function fullImageName(text: string): string {
  const slash = text.lastIndexOf('/');
  const hasTag = text.includes('@') || text.indexOf(':', slash + 1) !== -1;
  const tagged = hasTag ? text : `${text}:latest`;
  const first = text.split('/', 1)[0] ?? '';
  const hasRegistry = text.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const local = hasRegistry ? tagged : `docker.io/${tagged}`;
  return local.replace(/^(?:docker|index\.docker)\.io\/([^/]+)$/, 'docker.io/library/$1');
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
