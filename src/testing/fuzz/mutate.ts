// Makes hostile inputs out of valid ones: a few small changes each, so that most get past the first
// check and fail, or do not fail, at a later one.

import type { Random } from './random.ts';

const inputBytesMax = 4_096;
const changesMax = 5;
/** Lengths and signs that are off by one in somebody's head. */
const edges = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x2e, 0x3a, 0x7f, 0x80, 0xff];

/** `seeds` are valid or nearly so; `tokens` are what the grammar is made of. */
export function mutated(
  random: Random,
  seeds: readonly Buffer[],
  tokens: readonly Buffer[],
): Buffer {
  let bytes: Buffer = Buffer.from(random.pick(seeds));
  const changes = random.below(changesMax + 1);
  for (let i = 0; i < changes; i += 1) bytes = random.pick(mutations)(bytes, random, seeds, tokens);
  return bytes.subarray(0, inputBytesMax);
}

type Mutation = (
  bytes: Buffer,
  random: Random,
  seeds: readonly Buffer[],
  tokens: readonly Buffer[],
) => Buffer;

const at = (bytes: Buffer, random: Random) => random.below(bytes.length + 1);

function replaced(bytes: Buffer, from: number, end: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(end)]);
}

function slice(bytes: Buffer, random: Random): readonly [from: number, end: number] {
  const from = at(bytes, random);
  return [from, Math.min(bytes.length, from + 1 + random.below(16))];
}

const mutations: readonly Mutation[] = [
  function flipBit(bytes, random) {
    const changed = Buffer.from(bytes);
    const i = random.below(Math.max(1, bytes.length));
    if (i < changed.length) changed[i] = (changed[i] ?? 0) ^ (1 << random.below(8));
    return changed;
  },
  function setByte(bytes, random) {
    const from = at(bytes, random);
    return replaced(bytes, from, from + 1, Buffer.from([random.below(256)]));
  },
  function setEdge(bytes, random) {
    const from = at(bytes, random);
    return replaced(bytes, from, from + 1, Buffer.from([random.pick(edges)]));
  },
  function insertToken(bytes, random, _, tokens) {
    const from = at(bytes, random);
    return replaced(bytes, from, from, random.pick(tokens));
  },
  function overwriteWithToken(bytes, random, _, tokens) {
    const token = random.pick(tokens);
    const from = at(bytes, random);
    return replaced(bytes, from, from + token.length, token);
  },
  function remove(bytes, random) {
    const [from, end] = slice(bytes, random);
    return replaced(bytes, from, end, Buffer.alloc(0));
  },
  function repeat(bytes, random) {
    const [from, end] = slice(bytes, random);
    const part = bytes.subarray(from, end);
    const times = 1 + random.below(random.below(20) === 0 ? 200 : 4);
    return replaced(bytes, from, from, Buffer.concat(Array<Buffer>(times).fill(part)));
  },
  function cut(bytes, random) {
    return bytes.subarray(0, at(bytes, random));
  },
  function cross(bytes, random, seeds) {
    const other = random.pick(seeds);
    return Buffer.concat([bytes.subarray(0, at(bytes, random)), other.subarray(at(other, random))]);
  },
  function changeCase(bytes, random) {
    const [from, end] = slice(bytes, random);
    const part = bytes.subarray(from, end).toString('latin1');
    const upper = random.below(2) === 0;
    return replaced(
      bytes,
      from,
      end,
      Buffer.from(upper ? part.toUpperCase() : part.toLowerCase(), 'latin1'),
    );
  },
];
