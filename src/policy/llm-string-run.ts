// The run of bytes that stands in a JSON string as it is, or escaped (RFC 8259, section 7), in
// instructions of WebAssembly: they look at sixteen bytes at once, which JavaScript cannot, and
// most bytes of a request stand in strings. Encodings: WebAssembly Core Specification 2.0, 5.

/** In the memory: which bytes are hexadecimal digits, the text, and zeros that end every run. */
const [hexAt, textAt] = [0, 256];
const hexDigits = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdefABCDEF')) hexDigits[byte] = 1;
const sentinelBytes = 32;
const pageBytes = 64 * 1024;
/** As much text is looked at between two calls of `loadRun`. */
export const runWindowBytes = pageBytes - textAt - sentinelBytes;

/** A number in seven bits a byte, the lowest first; small ones, in two bytes or three. */
const small = (value: number) => [(value & 0x7f) | 0x80, value >> 7];
const number = (value: number) => [
  ...[0x41, (value & 0x7f) | 0x80, ((value >> 7) & 0x7f) | 0x80, value >> 14],
];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const byteFrom = (offset: number) => [0x2d, 0, ...small(offset)];
const sixteenBytes = [0xfd, 0x00, 0, 0];
const constant = (bytes: readonly number[]) => [0xfd, 0x0c, ...bytes];
/** Of sixteen numbers at once; `bits` makes a number of the highest bit of each. */
const each = {
  ...{ of: [0xfd, 0x0f], equal: [0xfd, 0x23], other: [0xfd, 0x24], below: [0xfd, 0x26] },
  ...{ and: [0xfd, 0x4e], shiftRight: [0xfd, 0x6d], lookUp: [0xfd, 0x0e], bits: [0xfd, 0x64] },
};
const op = {
  ...{ loop: 0x03, when: 0x04, end: 0x0b, again: 0x0c, leave: 0x0f, isZero: 0x45, equal: 0x46 },
  ...{ trailingZeros: 0x68, add: 0x6a, and: 0x71, or: 0x72, xor: 0x73 },
  ...{ shiftLeft: 0x74, shiftRight: 0x76 },
};
const [i32, v128, nothing] = [0x7f, 0x7b, 0x40];

/** By half bytes, low and high, what may follow a backslash beside `u`: where both share a bit. */
const low = [0, 0, 13, 0, 8, 0, 4, 0, 0, 0, 0, 0, 2, 0, 4, 1];
const high = [0, 0, 1, 0, 0, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0];

const [at, bytes] = [0, 8] as const;
/** Bits: backslashes, what follows one, what is escaped, what ends the run, and two of one bit. */
const [slashes, after, sums, escaped, ends, carry, any] = [1, 2, 3, 4, 5, 6, 7] as const;
const not = [...number(0xffff), op.xor];
const where = (byte: number, how: readonly number[]) => [
  ...[...get(bytes), ...number(byte), ...each.of, ...how, ...each.bits],
];

/**
 * Which of sixteen bytes are escaped, after Langdale and Lemire, "Parsing gigabytes of JSON per
 * second" (2019), section 3.1.1: a backslash escapes the next byte unless it is itself escaped,
 * and a sum carries from the beginning of a row of them to its end.
 */
const findEscaped = [
  ...[...where(0x5c, each.equal), ...get(carry), ...not, op.and, ...set(slashes)],
  ...[...get(slashes), ...number(1), op.shiftLeft, ...get(carry), op.or, ...set(after)],
  ...[...get(slashes), ...number(0xaaaa), op.and, ...get(after), ...not, op.and],
  ...[...get(slashes), op.add, ...set(sums)],
  ...[...get(sums), ...number(1), op.shiftLeft, ...number(0x5555), op.xor, ...get(after), op.and],
  ...[...number(0xffff), op.and, ...tee(escaped), ...get(any), op.or, ...set(any)],
  ...[...get(sums), ...number(16), op.shiftRight, ...set(carry)],
];

const mayFollow = [
  ...[...constant(low), ...get(bytes), ...number(15), ...each.of, ...each.and, ...each.lookUp],
  ...[...constant(high), ...get(bytes), ...number(4), ...each.shiftRight, ...each.lookUp],
  ...[...each.and, ...number(0), ...each.of, ...each.other, ...each.bits],
];

/** Twice where the run ends, and one more where anything was escaped. */
const answer = [...number(1), op.shiftLeft, ...get(any), ...number(0), 0x47, op.or, op.leave];

const code = [
  ...[op.loop, nothing],
  ...[...get(at), ...sixteenBytes, ...set(bytes), ...findEscaped],
  // A quote that is not escaped, a control character, or what no backslash may stand before.
  ...[...where(0x22, each.equal), ...get(escaped), ...not, op.and, ...where(0x20, each.below)],
  ...[op.or, ...get(escaped), ...mayFollow, ...not, op.and, op.or, ...tee(ends), op.isZero],
  ...[op.when, nothing, ...get(at), ...number(16), op.add, ...set(at), op.again, 1, op.end],
  ...[...get(at), ...get(ends), op.trailingZeros, op.add, ...set(at)],
  // It is a place that nothing escapes.
  ...[...get(escaped), ...get(ends), op.trailingZeros, op.shiftRight, ...number(1), op.and],
  ...[op.isZero, op.when, nothing, ...get(at), ...answer, op.end],
  ...[...get(at), ...byteFrom(0), ...number(0x75), op.equal],
  ...[1, 2, 3, 4].flatMap((n) => [...get(at), ...byteFrom(n), ...byteFrom(hexAt), op.and]),
  ...[op.isZero, op.when, nothing, ...get(at), ...number(1), 0x6b, ...answer, op.end],
  ...[...get(at), ...number(5), op.add, ...set(at), ...number(0), ...set(carry)],
  ...[op.again, 0, op.end, 0x00, op.end],
];

const sized = (content: readonly number[]) => [...small(content.length), ...content];
const named = (name: string) => [name.length, ...Buffer.from(name)];
const program = Buffer.from([
  ...[...Buffer.from('\0asm'), 1, 0, 0, 0],
  ...[1, ...sized([1, 0x60, 1, i32, 1, i32])],
  ...[3, ...sized([1, 0])],
  ...[5, ...sized([1, 1, 1, 1])],
  ...[7, ...sized([2, ...named('run'), 0, 0, ...named('memory'), 2, 0])],
  ...[10, ...sized([1, ...sized([2, 7, i32, 1, v128, ...code])])],
]);

/** Node has it, and its types do not. */
const { WebAssembly } = globalThis as unknown as {
  WebAssembly: {
    Module: new (bytes: Uint8Array) => object;
    Instance: new (
      module: object,
    ) => {
      readonly exports: {
        readonly run: (at: number) => number;
        readonly memory: { readonly buffer: ArrayBuffer };
      };
    };
  };
};
const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(program)).exports;
const room = new Uint8Array(memory.buffer);
room.set(hexDigits, hexAt);

/** Puts what is looked at next where `runIn` finds it; in place of what was there before. */
export function loadRun(text: Uint8Array): void {
  room.set(text, textAt);
  room.fill(0, textAt + text.length, textAt + text.length + sentinelBytes);
}

/**
 * From `start` of what was loaded: twice where something stands that is neither text nor an escape,
 * and one more where there may have been an escape. The end of what was loaded is such a place.
 */
export function runFrom(start: number): number {
  return run(start + textAt) - 2 * textAt;
}
