// The head of an answer to a forwarded request, on its way to the client: what the proxy alone may
// say is taken out of it, so that a host cannot pass for the proxy. The body is not looked at.

import type { Changed } from '../../net/tunnel.ts';
import type { Reason } from '../../policy/reasons.ts';

const nothing = Buffer.alloc(0);
const malformed = 'answer-malformed' satisfies Reason;
const headersMax = 128;

export class ForwardAnswer {
  readonly #bytesMax: number;
  #got: Buffer = nothing;
  /** Why the answer was not passed on, once it was not. */
  refusal: Reason | null = null;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The bytes may be lent. Over with the head of the last answer; 1xx are followed by another. */
  read(bytes: Buffer): Changed<Reason> {
    this.#got = Buffer.concat([this.#got, bytes]);
    const heads: string[] = [];
    while (true) {
      const end = this.#got.indexOf('\r\n\r\n');
      if ((end === -1 ? this.#got.length : end) > this.#bytesMax) return this.#refuse();
      if (end === -1) return { pass: Buffer.from(heads.join(''), 'latin1'), isOver: false };
      const head = readAnswerHead(this.#got.toString('latin1', 0, end));
      if (head === null) return this.#refuse();
      heads.push(head.text);
      this.#got = this.#got.subarray(end + 4);
      if (head.isLast) {
        const pass = Buffer.concat([Buffer.from(heads.join(''), 'latin1'), this.#got]);
        return { pass, isOver: true };
      }
    }
  }

  #refuse(): Changed<Reason> {
    this.refusal = malformed;
    return { no: malformed };
  }
}

/** Only the proxy may say these to its client, of itself or of their connection. */
function isForProxy(name: string): boolean {
  return /^(?:x-clincher-|proxy-)|^(?:connection|keep-alive)$/.test(name);
}

/** RFC 9112 section 4, without what two readers would read in two ways. */
function readAnswerHead(text: string): { readonly text: string; readonly isLast: boolean } | null {
  const [start = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})(?: [^\r\n\0]*)?$/.exec(start)?.[1];
  // 101 would end HTTP, and nobody has asked for it.
  if (status === undefined || status === '101' || lines.length > headersMax) return null;
  const kept: string[] = [];
  for (const line of lines) {
    const name = /^([!#$%&'*+.^_`|~A-Za-z0-9-]+):[^\r\n\0]*$/.exec(line)?.[1]?.toLowerCase();
    if (name === undefined) return null;
    if (!isForProxy(name)) kept.push(line);
  }
  const isLast = !status.startsWith('1');
  // What comes behind this answer is from this host still: a client that kept the connection would
  // take it for what another host says to its next request.
  if (isLast) kept.push('Connection: close');
  return { text: `${[start, ...kept].join('\r\n')}\r\n\r\n`, isLast };
}
