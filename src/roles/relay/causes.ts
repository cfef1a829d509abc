// Which request from outside made the agent call out? The agent does not say, so the relay infers
// it from what is in flight: one writing request is the cause, and lends its id; several are
// candidates, and only recorded.

/** Enough to find the cause by hand; a line in the log must not grow with the load. */
const candidatesMax = 8;

export type InboundKind = 'request' | 'websocket';

export interface Attribution {
  /** For the call's `x-request-id`. */
  readonly requestId: string;
  /** Ids that may have caused it, comma-separated; empty when the agent acted by itself. */
  readonly candidates: string;
  /** True when the id is the cause's own. */
  readonly inherited: boolean;
}

export interface Causes {
  /** A request from outside begins; call what it returns when it ends. */
  begin(kind: InboundKind, requestId: string): () => void;
  attribute(freshId: () => string): Attribution;
}

/**
 * A call inherits the id when exactly one inbound request is in flight. WebSockets stay open for
 * days and may carry many turns, so they are candidates at most, and only while no request is in
 * flight. A timer of the agent's own that fires during a request is taken for its doing: the record
 * is a lead, not proof.
 */
export function createCauses(): Causes {
  const open = { request: new Set<string>(), websocket: new Set<string>() };
  return {
    begin(kind, requestId) {
      open[kind].add(requestId);
      return () => open[kind].delete(requestId);
    },
    attribute(freshId) {
      const [first, ...others] = open.request;
      if (first !== undefined && others.length === 0) {
        return { requestId: first, candidates: first, inherited: true };
      }
      const candidates = open.request.size > 0 ? open.request : open.websocket;
      return {
        requestId: freshId(),
        candidates: [...candidates].slice(0, candidatesMax).join(','),
        inherited: false,
      };
    },
  };
}
