// An entry in one piece of bytes, as the file of the embedded store has it: a sum over the rest,
// three lengths, its words as JSON, what was learned, its vector, the answer.

import { crc32 } from 'node:zlib';
import type { CachedAnswer, CacheEntry } from '../../../../policy/llm-cache/types.ts';
import type { Quantized } from '../vectors/vector-rows.ts';

export interface FiledEntry {
  /** Of no other; the later one is the newer. */
  readonly serial: number;
  readonly id: string;
  readonly owner: string;
  readonly question: CacheEntry['question'];
  readonly answer: CachedAnswer;
  readonly learned: Buffer | null;
  readonly vector: Quantized | null;
}

const headBytes = 16;

export function packEntry({ serial, id, owner, question, ...entry }: FiledEntry): Buffer {
  const { body, ...answer } = entry.answer;
  const words = JSON.stringify({ serial, id, owner, question, answer });
  const { learned, vector } = entry;
  const lengths = [
    Buffer.byteLength(words),
    learned?.length ?? 0,
    vector === null ? 0 : 4 + vector.values.length,
  ];
  const [wordBytes = 0, learnedBytes = 0, vectorBytes = 0] = lengths;
  const vectorAt = headBytes + wordBytes + learnedBytes;
  const bytes = Buffer.allocUnsafe(vectorAt + vectorBytes + body.length);
  for (const [at, length] of lengths.entries()) bytes.writeUInt32LE(length, 4 + 4 * at);
  bytes.write(words, headBytes);
  if (learned !== null) bytes.set(learned, headBytes + wordBytes);
  if (vector !== null) {
    bytes.writeFloatLE(vector.scale, vectorAt);
    bytes.set(vector.values, vectorAt + 4);
  }
  bytes.set(body, vectorAt + vectorBytes);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)));
  return bytes;
}

/** Null for what is not what was written, or was written for another row. */
export function unpackEntry(serial: number, bytes: Buffer): FiledEntry | null {
  if (bytes.length < headBytes || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return null;
  const learnedAt = headBytes + bytes.readUInt32LE(4);
  const vectorAt = learnedAt + bytes.readUInt32LE(8);
  const bodyAt = vectorAt + bytes.readUInt32LE(12);
  const words = JSON.parse(bytes.toString('utf8', headBytes, learnedAt));
  if (words.serial !== serial) return null;
  const [learned, vector] = [bytes.subarray(learnedAt, vectorAt), bytes.subarray(vectorAt, bodyAt)];
  return {
    ...words,
    answer: { ...words.answer, body: bytes.subarray(bodyAt) },
    // Of its own: a piece of the whole would hold on to the whole.
    learned: learned.length === 0 ? null : Buffer.from(learned),
    vector: vector.length === 0 ? null : vectorOf(vector),
  };
}

function vectorOf(bytes: Buffer): Quantized {
  const values = new Int8Array(bytes.buffer, bytes.byteOffset + 4, bytes.length - 4);
  return { values: Int8Array.from(values), scale: bytes.readFloatLE(0) };
}

export function bufferOf(value: unknown): Buffer {
  const { buffer, byteOffset, length } = value as Uint8Array<ArrayBuffer>;
  return Buffer.from(buffer, byteOffset, length);
}
