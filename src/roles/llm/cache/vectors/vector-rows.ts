// Vectors in a byte a dimension, one row each, in blocks: what is there is never copied to make
// room for more.

const rowsPerBlock = 256;

/** A vector in bytes; `scale` times each is the value. */
export interface Quantized {
  readonly values: Int8Array;
  readonly scale: number;
}

interface Block {
  readonly values: Int8Array;
  readonly scales: Float32Array;
  /** What whoever keeps rows in groups wants to know of each. */
  readonly groups: Int32Array;
}

export class VectorRows {
  readonly dimensions: number;
  readonly #blocks: Block[] = [];
  readonly #free: number[] = [];
  #used = 0;

  constructor(dimensions: number) {
    this.dimensions = dimensions;
  }

  add(vector: Quantized): number {
    const row = this.#free.pop() ?? this.#used++;
    this.write(row, vector);
    return row;
  }

  write(row: number, { values, scale }: Quantized): void {
    while (row >= this.#blocks.length * rowsPerBlock) this.#blocks.push(newBlock(this.dimensions));
    const at = row % rowsPerBlock;
    const block = this.#block(row);
    block.values.set(values, at * this.dimensions);
    block.scales[at] = scale;
  }

  /** The row's number is given to another one later. */
  remove(row: number): void {
    this.#free.push(row);
  }

  /** A view: it changes when the row does. */
  read(row: number): Quantized {
    const block = this.#block(row);
    const at = row % rowsPerBlock;
    const from = at * this.dimensions;
    const values = block.values.subarray(from, from + this.dimensions);
    return { values, scale: block.scales[at] ?? 0 };
  }

  groupOf(row: number): number {
    return this.#block(row).groups[row % rowsPerBlock] ?? 0;
  }

  setGroup(row: number, group: number): void {
    this.#block(row).groups[row % rowsPerBlock] = group;
  }

  /** The product of two vectors of length one: their cosine, good to about 0.002. */
  similarity(row: number, vector: Quantized): number {
    const block = this.#block(row);
    const at = row % rowsPerBlock;
    const product = productOf(vector.values, block.values, at * this.dimensions);
    return product * vector.scale * (block.scales[at] ?? 0);
  }

  #block(row: number): Block {
    return this.#blocks[Math.floor(row / rowsPerBlock)] as Block;
  }
}

function newBlock(dimensions: number): Block {
  return {
    values: new Int8Array(rowsPerBlock * dimensions),
    scales: new Float32Array(rowsPerBlock),
    groups: new Int32Array(rowsPerBlock),
  };
}

/** Of the bytes of one vector with those that begin at `from`. */
export function productOf(values: Int8Array, stored: Int8Array, from: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) {
    sum = (sum + Math.imul(stored[from + i] ?? 0, values[i] ?? 0)) | 0;
  }
  return sum;
}

export function quantize(vector: Float32Array): Quantized {
  let largest = 0;
  for (let i = 0; i < vector.length; i += 1) {
    const value = vector[i] ?? 0;
    if (value > largest) largest = value;
    else if (-value > largest) largest = -value;
  }
  const scale = largest === 0 ? 1 : largest / 127;
  const values = new Int8Array(vector.length);
  for (let i = 0; i < vector.length; i += 1) {
    // To the nearest; what is cut off of a negative number is cut off towards nothing.
    const value = (vector[i] ?? 0) / scale;
    values[i] = value < 0 ? value - 0.5 : value + 0.5;
  }
  return { values, scale };
}
