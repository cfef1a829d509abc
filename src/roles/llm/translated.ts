// Answers that do not go to the client as they came: what is sent on is another dialect's, what is
// counted are the provider's own bytes.

import type { StreamTranslation } from '../../policy/llm-translation.ts';
import type { SeenUsage } from '../../policy/llm-usage.ts';
import { AwsFrames } from './aws-frames.ts';
import { SseSplitter } from './sse-split.ts';
import type { Watch } from './watch.ts';

const eventBytesMax = 1024 * 1024;

/** Each event of the provider's becomes events of the client's. */
export function translatedStream(watch: Watch, translation: StreamTranslation): Watch {
  const splitter = new SseSplitter(eventBytesMax);
  const event = (bytes: Buffer) => translation.event(bytes);
  return over(watch, {
    push: (chunk) => watch.push(chunk).flatMap((part) => splitter.push(part).map(event)),
    end: () => {
      const rest = [...watch.end().flatMap((part) => splitter.push(part)), splitter.end()];
      return [...rest.filter(({ length }) => length > 0).map(event), translation.end(watch.whole)];
    },
  });
}

/** The whole answer becomes another; what is too long, or no answer, is passed on as it is. */
export function translatedAnswer(
  watch: Watch,
  translate: (body: Buffer) => Buffer,
  bytesMax: number,
): Watch {
  const parts: Buffer[] = [];
  let bytes = 0;
  return over(watch, {
    push(chunk) {
      parts.push(...watch.push(chunk));
      bytes += chunk.length;
      return bytes > bytesMax ? parts.splice(0) : [];
    },
    end() {
      parts.push(...watch.end());
      if (bytes > bytesMax || !watch.whole) return parts;
      return [translate(Buffer.concat(parts))];
    },
  });
}

/** The whole answer waits until it has been counted; what is too long, or no answer, does not. */
export function heldBack(
  watch: Watch,
  counted: (seen: SeenUsage) => void,
  bytesMax: number,
): Watch {
  const told = (body: Buffer) => {
    if (watch.seen !== null) counted(watch.seen);
    return body;
  };
  return translatedAnswer(watch, told, bytesMax);
}

/** Amazon's frames become the server-sent events that are in them. */
export function frameDecoded(watch: Watch): Watch {
  const frames = new AwsFrames();
  return over(watch, {
    push: (chunk) => frames.push(chunk).flatMap((event) => watch.push(event)),
    end: () => watch.end(),
  });
}

/** What a watch has seen, with another hand on what goes on. */
export function over(watch: Watch, hand: Pick<Watch, 'push' | 'end'>): Watch {
  return new Over(watch, hand);
}

/** A class: an object written out with its getters takes as long to make as an answer to read. */
class Over implements Watch {
  readonly #watch: Watch;
  readonly #hand: Pick<Watch, 'push' | 'end'>;

  constructor(watch: Watch, hand: Pick<Watch, 'push' | 'end'>) {
    this.#watch = watch;
    this.#hand = hand;
  }

  push(chunk: Buffer): readonly Buffer[] {
    return this.#hand.push(chunk);
  }

  end(): readonly Buffer[] {
    return this.#hand.end();
  }

  get seen(): Watch['seen'] {
    return this.#watch.seen;
  }

  get whole(): boolean {
    return this.#watch.whole;
  }

  get responseId(): Watch['responseId'] {
    return this.#watch.responseId;
  }
}
