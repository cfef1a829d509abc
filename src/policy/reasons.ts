// Every reason a decision can carry, with what a blocked person may be told. One closed set: reasons are
// metric labels. docs/reference/reasons.md is generated from it. Each area keeps its own block.

export const reasons = {
  // any role
  allowed: 'The request is declared and within its limits.',
  'caller-unknown': 'The caller is not known on this socket.',
  'request-malformed': 'The request is ambiguous or not well formed.',
  'limit-connections': 'Too many connections are open.',
  'limit-body': 'The body is larger than the limit.',
  'upstream-unreachable': 'The next hop did not answer.',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof reasons;
