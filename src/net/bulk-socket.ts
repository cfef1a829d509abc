// A socket that is read into the same buffer again and again instead of into a new one for each
// piece: a third of the CPU time a gigabyte costs through Node's streams. Those that have little to
// say share one, so that a connection that is silent holds no buffer at all.

import { type BoundSocket, Socket, type SocketConstructorOpts } from 'node:net';
import { Readable } from 'node:stream';

/**
 * Gets bytes that are lent: they are overwritten by the next read. True: they are done with, read
 * on. False: read no more until `resume()`.
 */
export type TakeBytes = (bytes: Buffer) => boolean;

/** Of all sockets at once, so what is in it is copied before anything else can be read. */
const shared = Buffer.allocUnsafeSlow(65_536);

/** The buffer of its own that a socket has after so many reads in a row that filled theirs. */
const sizes = [
  { fullReads: 4, bytes: 262_144 },
  { fullReads: 1, bytes: 65_536 },
] as const;

/** A read of so much that did not fill its buffer is followed by one of the middle size. */
const middleBytesMin = 16_384;
/**
 * And one of so much changes nothing: making large buffers anew costs a quarter of the CPU time. So
 * a tunnel that falls silent right after such a read keeps the largest; the next read frees it.
 */
const largeBytesMin = 65_536;

/**
 * Chooses the buffer of the next read. One that was hardly filled was the end of a burst, and
 * nobody knows when the next comes: what waits then waits with the shared one.
 */
class BulkReader {
  #fullReads = 0;
  #own: Buffer | null = null;
  #take: TakeBytes | null = null;
  /** Gets what comes before anybody takes it, to have for good. */
  keep: TakeBytes | null = null;

  /** The same buffer until the size changes: whoever was lent it has paused us or is done. */
  nextBuffer(): Buffer {
    const size = sizes.find(({ fullReads }) => this.#fullReads >= fullReads);
    if (size === undefined) this.#own = null;
    else if (this.#own?.length !== size.bytes) this.#own = Buffer.allocUnsafeSlow(size.bytes);
    return this.#own ?? shared;
  }

  took(bytes: Buffer, count: number): boolean {
    if (count === bytes.length) this.#fullReads += 1;
    else if (count < largeBytesMin) this.#fullReads = count < middleBytesMin ? 0 : 1;
    const read = count === bytes.length ? bytes : bytes.subarray(0, count);
    if (this.#take === null) return this.keep?.(Buffer.from(read)) ?? false;
    return this.#take(bytes === shared ? Buffer.from(read) : read);
  }

  set take(take: TakeBytes) {
    this.#take = take;
  }
}

/**
 * Half-open capable. One to dial with reads nothing, not even the end, before `readInto`; an
 * accepted one is a stream like any other until then.
 */
export class BulkSocket extends Socket {
  readonly #reader: BulkReader;
  #isTaken = false;

  constructor(handle?: BoundSocket, reader = new BulkReader()) {
    const options: SocketConstructorOpts = {
      allowHalfOpen: true,
      onread: {
        buffer: () => reader.nextBuffer(),
        callback: (count, bytes) => reader.took(bytes as Buffer, count),
      },
    };
    super(handle === undefined ? options : { ...options, handle });
    this.#reader = reader;
    if (handle === undefined) this.pause();
    else reader.keep = (bytes) => this.push(bytes);
  }

  /**
   * An accepted connection, to be read in the same way; the socket that was given is over. Node
   * has no option for it, so this takes the handle out of one and puts it into another as Node
   * itself does between its processes. Without a handle to take the socket stays as it is.
   */
  static adopt(accepted: Socket): Socket {
    const handle: unknown = Reflect.get(accepted, '_handle');
    if (typeof handle !== 'object' || handle === null) return accepted;
    Reflect.set(accepted, '_handle', null);
    accepted.destroy();
    return new BulkSocket(handle as BoundSocket);
  }

  /** From now on `take` gets what the other side sends; may be called again with another. */
  readInto(take: TakeBytes): void {
    this.#reader.take = take;
    this.#isTaken = true;
    // What an accepted one has been sent already, which is its own and not lent.
    const kept: Buffer | null = this.read();
    if (kept === null || take(kept)) this.resume();
    else this.pause();
  }

  /** A stream that is paused still notices when the other side is gone. */
  override pause(): this {
    if (this.#isTaken) return super.pause();
    Readable.prototype.pause.call(this);
    return this;
  }
}
