// Attacks on the Docker proxy by bodies, as data: the same rows are judged by the policy alone and
// sent over a socket to a proxy before a daemon. Those by calls: src/verify/attacks/docker.

/** As research of such proxies groups them. */
export type AttackClass =
  | 'another container'
  | 'more rights'
  | 'the host'
  | 'the network'
  | 'images'
  | 'the rest of the API'
  | 'paths'
  | 'the wire';

/** A body that is refused, or made harmless; `text` where it is no plain JSON. */
export interface BodyAttack {
  readonly trick: string;
  readonly class: AttackClass;
  readonly body: unknown;
  readonly text?: string;
}
