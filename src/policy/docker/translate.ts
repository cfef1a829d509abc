// The folders of binds, from the host's name of them back to the caller's: it asked by that name,
// compares by it, and has no use for the other.

import type { CallerPolicy } from './model.ts';

const hidden = '(hidden)';

export function isHidden(path: unknown): boolean {
  return path === hidden;
}

/** A path, or `source:target:options`; what no bind of the template covers is hidden. */
export function callerPath(policy: CallerPolicy, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('/')) return value;
  const bind = nearest(policy, value);
  return bind === undefined ? hidden : `${bind.source}${value.slice(bind.host.length)}`;
}

/** A sentence: every path of the host that a bind covers. */
export function callerText(policy: CallerPolicy, text: string): string {
  return binds(policy).reduce((said, { host, source }) => said.replaceAll(host, source), text);
}

function nearest(policy: CallerPolicy, path: string) {
  return binds(policy).find(
    ({ host }) => path === host || (/^[/:]/.test(path.slice(host.length)) && path.startsWith(host)),
  );
}

/** The longest first. */
function binds({ template }: CallerPolicy) {
  const all = (template?.binds ?? []).map(({ source, hostSource }) => ({
    source,
    host: hostSource ?? source,
  }));
  return all.sort((a, b) => b.host.length - a.host.length);
}
