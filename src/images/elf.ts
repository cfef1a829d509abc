// What a Linux program needs to start: read from the program itself (ELF), not by running ldd(1),
// which runs what it looks at and is not on every machine.

const elf = { magic: 0x7f454c46, class64: 2, littleEndian: 1 } as const;
const segment = { load: 1, dynamic: 2, interpreter: 3 } as const;
const tag = { end: 0n, needed: 1n, strings: 5n, rpath: 15n, runpath: 29n } as const;
/** Of the header: where section headers are, and how many. */
const sections = { offset: 40, size: 58, count: 60, names: 62 } as const;

export interface ElfProgram {
  /** Names of shared libraries, in the order they are looked for. */
  readonly needed: readonly string[];
  /** Folders that it names itself, before any other; may begin with `$ORIGIN`. */
  readonly runpath: readonly string[];
  /** Absolute path of the program that loads it; null for a library or a static program. */
  readonly interpreter: string | null;
  /** Where the part ends that is loaded to run; symbols and debug information are behind it. */
  readonly loadedBytes: number;
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileBytes: number;
}

/** Null for what is not a whole 64-bit little-endian ELF file: a script, a text, a part of one. */
export function readElf(file: Buffer): ElfProgram | null {
  try {
    return readWhole(file);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function readWhole(file: Buffer): ElfProgram | null {
  if (file.length < 64 || file.readUInt32BE(0) !== elf.magic) return null;
  if (file[4] !== elf.class64 || file[5] !== elf.littleEndian) return null;
  const segments = readSegments(file);
  const interpreter = segments.find(({ type }) => type === segment.interpreter);
  const dynamic = segments.find(({ type }) => type === segment.dynamic);
  const loaded = segments.filter(({ type }) => type === segment.load);
  return {
    ...(dynamic === undefined ? { needed: [], runpath: [] } : readDynamic(file, dynamic, loaded)),
    interpreter: interpreter === undefined ? null : text(file, interpreter.offset),
    loadedBytes: Math.max(...loaded.map(({ offset, fileBytes }) => offset + fileBytes)),
  };
}

/**
 * The program without what only a debugger reads. Node's is a seventh smaller for it, and runs the
 * same bytes.
 */
export function withoutSymbols(file: Buffer): Buffer {
  const program = readElf(file);
  if (program === null) return file;
  const kept = Buffer.from(file.subarray(0, program.loadedBytes));
  kept.writeBigUInt64LE(0n, sections.offset);
  for (const at of [sections.count, sections.names]) kept.writeUInt16LE(0, at);
  return kept;
}

function readSegments(file: Buffer): readonly Segment[] {
  const [start, size, count] = [
    Number(file.readBigUInt64LE(32)),
    file.readUInt16LE(54),
    file.readUInt16LE(56),
  ];
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      fileBytes: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function readDynamic(file: Buffer, dynamic: Segment, loaded: readonly Segment[]) {
  const entries: (readonly [bigint, number])[] = [];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.fileBytes; at += 16) {
    const key = file.readBigUInt64LE(at);
    if (key === tag.end) break;
    entries.push([key, Number(file.readBigUInt64LE(at + 8))]);
  }
  const address = entries.find(([key]) => key === tag.strings)?.[1] ?? 0;
  const holder = loaded.find(
    (each) => address >= each.address && address < each.address + each.fileBytes,
  );
  const strings = holder === undefined ? 0 : address - holder.address + holder.offset;
  const named = (wanted: readonly bigint[]) =>
    entries
      .filter(([key]) => wanted.includes(key))
      .map(([, offset]) => text(file, strings + offset));
  return {
    needed: named([tag.needed]),
    runpath: named([tag.rpath, tag.runpath]).flatMap((paths) => paths.split(':')),
  };
}

function text(file: Buffer, offset: number): string {
  return file.toString('latin1', offset, file.indexOf(0, offset));
}
