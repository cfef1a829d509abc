// Holds back what the near side of a tunnel says until it is known what the far side makes of it:
// for protocols in which an answer changes what the next words may be.

import type { Socket } from 'node:net';

export interface Hold<Why> {
  /** What the far side said, as it passes; lent. True: what is held is to be judged anew. */
  far(bytes: Buffer): boolean;
  /** What the near side said, added to what is held; gives what may pass now, or why nothing. */
  near(bytes: Buffer): { readonly pass: Buffer } | { readonly no: Why };
  readonly isOver: boolean;
  readonly isEmpty: boolean;
  /** No more is to be read before the far side has said something. */
  readonly isFull: boolean;
}

const nothing = Buffer.alloc(0);

/**
 * Reads the near side until the hold is over, then calls `release` once, with nothing held any
 * more. Gives what is to be called when the far side has said something new.
 */
export function holdBack<Why>(
  near: Socket,
  far: Socket,
  hold: Hold<Why>,
  passed: (bytes: number) => Why | null,
  abort: (why: Why) => void,
  release: () => void,
): () => void {
  let isDone = false;
  const finish = () => {
    isDone = true;
    near.off('data', judge).off('end', judgeAnew);
    far.off('drain', judgeAnew);
  };
  const judge = (bytes: Buffer) => {
    if (isDone) return;
    const judged = hold.near(bytes);
    const no = 'no' in judged ? judged.no : passed(judged.pass.length);
    if (no !== null) {
      finish();
      return abort(no);
    }
    if ('pass' in judged && judged.pass.length > 0) far.write(judged.pass);
    // Whoever has ended says no second word, so there is nothing left to wait for.
    if (hold.isOver || (near.readableEnded && hold.isEmpty)) {
      finish();
      return release();
    }
    if (hold.isFull || far.writableNeedDrain) near.pause();
    else near.resume();
  };
  const judgeAnew = () => judge(nothing);
  near.on('data', judge).once('end', judgeAnew);
  far.on('drain', judgeAnew);
  judgeAnew();
  return judgeAnew;
}
