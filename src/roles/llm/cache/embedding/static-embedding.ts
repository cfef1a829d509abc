// The embedding that needs no network: a table of vectors, one for each word piece, added up. It is
// made by scripts/embedding/distill.py from all-MiniLM-L6-v2, which also describes the file.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../../../kit/assert.ts';
import { type Embedding, normalized } from './embedding.ts';
import { WordPieces } from './word-pieces.ts';

const headBytes = 16;
/** A question is shorter; of a longer text the start is compared, and the guard sees it whole. */
const piecesMax = 512;

export interface StaticEmbedding extends Embedding {
  readonly dimensions: number;
  embedNow(text: string): Float32Array | null;
}

/** Reads the table: 8 MB, in some milliseconds. */
export function loadStaticEmbedding(): StaticEmbedding {
  const file = readFileSync(join(import.meta.dirname, 'static.bin'));
  assert(file.toString('latin1', 0, 4) === 'CLEM' && file.readUInt32LE(4) === 1, 'not a table');
  const [pieces, dimensions] = [file.readUInt32LE(8), file.readUInt32LE(12)];
  const at = file.byteOffset;
  const scales = new Float32Array(file.buffer.slice(at + headBytes, at + headBytes + 4 * pieces));
  const values = new Int8Array(file.buffer, at + headBytes + 4 * pieces, pieces * dimensions);
  const cutter = new WordPieces(readFileSync(join(import.meta.dirname, 'vocabulary.txt'), 'utf8'));
  const embedNow = (text: string): Float32Array | null => {
    const sum = new Float32Array(dimensions);
    for (const piece of cutter.cut(text, piecesMax)) {
      const scale = scales[piece] ?? 0;
      const from = piece * dimensions;
      for (let i = 0; i < dimensions; i += 1) {
        sum[i] = (sum[i] ?? 0) + (values[from + i] ?? 0) * scale;
      }
    }
    return normalized(sum);
  };
  return {
    id: 'static-minilm-256-1',
    isCheap: true,
    dimensions,
    embedNow,
    embed: async (text) => embedNow(text),
  };
}
