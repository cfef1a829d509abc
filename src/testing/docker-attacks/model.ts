// What an attack on the Docker proxy is, as data: the same rows are judged by the policy alone and
// sent over a socket to a proxy before a daemon.

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

export interface CallAttack {
  readonly trick: string;
  readonly class: AttackClass;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders?: readonly string[];
}

/** A body that is refused, or made harmless; `text` where it is no plain JSON. */
export interface BodyAttack {
  readonly trick: string;
  readonly class: AttackClass;
  readonly body: unknown;
  readonly text?: string;
}
