// Programs of a few dozen instructions that ask the kernel for one thing and exit with its answer.
// Node cannot call unshare(2) or open an ICMP socket, and a jail has no other program: so that "it
// may not" is an observation and not an assumption, the probe brings its own. ELF64: System V ABI;
// Linux x86-64 and arm64.

export type Machine = 'x64' | 'arm64';

export interface Call {
  readonly name: keyof typeof numbers;
  /** `fd` is what the first call returned; a Buffer is passed by address. */
  readonly args: readonly (number | 'fd' | Buffer)[];
}

/**
 * syscall numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
 */
const numbers = {
  write: { x64: 1, arm64: 64 },
  socket: { x64: 41, arm64: 198 },
  connect: { x64: 42, arm64: 203 },
  recvfrom: { x64: 45, arm64: 207 },
  setsockopt: { x64: 54, arm64: 208 },
  keyctl: { x64: 250, arm64: 219 },
  io_uring_setup: { x64: 425, arm64: 425 },
  exit: { x64: 60, arm64: 93 },
  unshare: { x64: 272, arm64: 97 },
} as const;

const loadAddress = 0x400000;
const headerBytes = 64 + 56;
/** Code comes first and ends before this; the data of the calls follows. */
const dataOffset = 0x400;

/**
 * An executable that makes the calls in order and exits with 0, or with the errno of the first that
 * fails. Returns null for a machine it has no instructions for.
 */
export function tinyProgram(machine: string, calls: readonly Call[]): Buffer | null {
  if (machine !== 'x64' && machine !== 'arm64') return null;
  const data: Buffer[] = [];
  const addresses = calls.map(({ args }) =>
    args.map((arg) => {
      if (!Buffer.isBuffer(arg)) return arg;
      data.push(arg);
      return loadAddress + dataOffset + Buffer.concat(data.slice(0, -1)).length;
    }),
  );
  const body = Buffer.concat(data);
  const code = (machine === 'x64' ? x64 : arm64)(calls, addresses);
  const file = Buffer.alloc(dataOffset + body.length);
  header(machine, file.length).copy(file);
  code.copy(file, headerBytes);
  body.copy(file, dataOffset);
  return file;
}

type Resolved = readonly (readonly (number | 'fd')[])[];

function x64(calls: readonly Call[], args: Resolved): Buffer {
  // mov edi/esi/edx/r10d/r8d/r9d, imm32
  const loads = [[0xbf], [0xbe], [0xba], [0x41, 0xba], [0x41, 0xb8], [0x41, 0xb9]];
  const exit = [0xb8, ...u32(numbers.exit.x64), 0x0f, 0x05];
  const parts = calls.map(({ name }, index) => [
    ...(args[index] ?? []).flatMap((arg, at) =>
      // mov edi, ebx where the descriptor is wanted: it is always the first argument
      arg === 'fd' ? [0x89, 0xdf] : [...(loads[at] ?? []), ...u32(arg)],
    ),
    ...[0xb8, ...u32(numbers[name].x64), 0x0f, 0x05],
    // test rax, rax; jns +11; neg eax; mov edi, eax; exit
    ...[0x48, 0x85, 0xc0, 0x79, 4 + exit.length, 0xf7, 0xd8, 0x89, 0xc7, ...exit],
    // mov ebx, eax
    ...(index === 0 ? [0x89, 0xc3] : []),
  ]);
  return Buffer.from([...parts.flat(), 0x31, 0xff, ...exit]);
}

function arm64(calls: readonly Call[], args: Resolved): Buffer {
  const load = (register: number, value: number) => [
    0x52800000 | ((value & 0xffff) << 5) | register, // movz w, #low
    (0x72a00000 | ((value >>> 16) << 5) | register) >>> 0, // movk w, #high, lsl 16
  ];
  const svc = 0xd4000001;
  const exit = [...load(8, numbers.exit.arm64), svc];
  const parts = calls.map(({ name }, index) => [
    ...(args[index] ?? []).flatMap((arg, at) =>
      // mov w0, w19
      arg === 'fd' ? [0x2a1303e0] : load(at, arg),
    ),
    ...[...load(8, numbers[name].arm64), svc],
    // tbz x0, #63, past the exit; neg w0, w0; exit
    ...[(0xb6f80000 | ((2 + exit.length) << 5)) >>> 0, 0x4b0003e0, ...exit],
    // mov w19, w0
    ...(index === 0 ? [0x2a0003f3] : []),
  ]);
  return Buffer.from([...parts.flat(), ...load(0, 0), ...exit].flatMap(u32));
}

function u32(value: number): number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255];
}

/** One segment, readable and executable, the whole file. */
function header(machine: Machine, size: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write('\x7fELF\x02\x01\x01', 'latin1');
  bytes.writeUInt16LE(2, 16); // ET_EXEC
  bytes.writeUInt16LE(machine === 'x64' ? 62 : 183, 18);
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(loadAddress + headerBytes), 24); // entry
  bytes.writeBigUInt64LE(64n, 32); // program headers follow
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64); // PT_LOAD
  bytes.writeUInt32LE(5, 68); // read, execute
  bytes.writeBigUInt64LE(BigInt(loadAddress), 80);
  bytes.writeBigUInt64LE(BigInt(loadAddress), 88);
  bytes.writeBigUInt64LE(BigInt(size), 96);
  bytes.writeBigUInt64LE(BigInt(size), 104);
  bytes.writeBigUInt64LE(0x10000n, 112); // alignment: arm64 pages may be 64 KiB
  return bytes;
}
