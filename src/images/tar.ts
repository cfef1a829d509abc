// Writes tar archives whose bytes depend on what is in them and on nothing else: owned by root,
// dated 1970, no name of whoever made them. Long names as POSIX.1-2001 (pax) has them.

export interface TarEntry {
  /** Without a slash in front; a folder's without one behind. */
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: number;
  readonly bytes: number;
  /** Of a link. */
  readonly to?: string;
  /** Its user and group; root where it is not said. */
  readonly owner?: number;
}

export const blockBytes = 512;
const nameBytesMax = 100;
const types = { file: '0', link: '2', folder: '5' } as const;

/** The header of an entry, with a pax header in front where its names do not fit. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.type === 'folder' ? `${entry.path}/` : entry.path;
  const to = entry.to ?? '';
  const long = Object.entries({ path, linkpath: to }).filter(
    ([, text]) => Buffer.byteLength(text) > nameBytesMax,
  );
  const header = ustar({ ...entry, path, to }, types[entry.type]);
  if (long.length === 0) return header;
  const records = Buffer.from(long.map(([name, text]) => paxRecord(name, text)).join(''));
  return Buffer.concat([
    ustar({ path: 'pax', mode: 0o644, bytes: records.length, to: '' }, 'x'),
    records,
    tarPadding(records.length),
    header,
  ]);
}

/** What fills the last block of a file. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((blockBytes - (bytes % blockBytes)) % blockBytes);
}

/** Two empty blocks end an archive. */
export const tarEnd = Buffer.alloc(2 * blockBytes);

function ustar(
  { path, mode, bytes, to, owner = 0 }: Omit<TarEntry, 'type'> & { readonly to: string },
  type: string,
): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(Buffer.from(path).subarray(0, nameBytesMax).toString('latin1'), 0, 'latin1');
  header.write(octal(mode, 7), 100);
  header.write(octal(owner, 7), 108);
  header.write(octal(owner, 7), 116);
  header.write(octal(bytes, 11), 124);
  header.write(octal(0, 11), 136);
  header.write(' '.repeat(8), 148);
  header.write(type, 156);
  header.write(Buffer.from(to).subarray(0, nameBytesMax).toString('latin1'), 157, 'latin1');
  header.write('ustar\u000000', 257);
  // The sum is over the header with spaces in the place of the sum.
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** `LENGTH NAME=TEXT`, where the length counts itself. */
function paxRecord(name: string, text: string): string {
  const rest = ` ${name}=${text}\n`;
  const bytes = Buffer.byteLength(rest);
  const guess = bytes + String(bytes).length;
  return `${bytes + String(guess).length}${rest}`;
}
