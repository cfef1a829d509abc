// Which request targets two servers would read alike. As patterns without a look ahead, because the
// programs that can stand in place of our ingress are told them too, and not all know more.

/** Of the whole target: what is here is not a path of this server, or holds what no path may. */
export const unclearTarget: readonly RegExp[] = [/^(?:[^/]|$)/, /[^\x21-\x7e]/, /#/];

/** Of what is before the question mark; all without regard to case. */
export const unclearPath: readonly RegExp[] = [
  // An authority, or a path, by who reads it.
  /^\/\//,
  /[\\<>"]/,
  /%00/,
  /%(?:$|[^0-9a-f]|[0-9a-f](?:$|[^0-9a-f]))/i,
  // `..;` is a dot segment to servers that know parameters of a segment.
  /(?:\/|%2f|%5c)(?:\.|%2e)(?:\.|%2e)?(?:\/|%2f|%5c|;|$)/i,
];

export function isPlainTarget(target: string): boolean {
  const path = pathOf(target);
  return (
    !unclearTarget.some((pattern) => pattern.test(target)) &&
    !unclearPath.some((pattern) => pattern.test(path))
  );
}

export function pathOf(target: string): string {
  const question = target.indexOf('?');
  return question === -1 ? target : target.slice(0, question);
}
