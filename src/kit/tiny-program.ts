// Programs of a few dozen instructions that ask the kernel for one thing and exit with its answer,
// or go on as another program. Node cannot call unshare(2) or seccomp(2), and a jail has no other
// program: so that "it may not" is an observation and not an assumption, the probe brings its own.
// ELF64: System V ABI; Linux x86-64 and arm64.

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
  shmget: { x64: 29, arm64: 194 },
  shmctl: { x64: 31, arm64: 195 },
  semget: { x64: 64, arm64: 190 },
  semctl: { x64: 66, arm64: 191 },
  msgget: { x64: 68, arm64: 186 },
  msgctl: { x64: 71, arm64: 187 },
  mq_open: { x64: 240, arm64: 180 },
  mq_unlink: { x64: 241, arm64: 181 },
  bind: { x64: 49, arm64: 200 },
  keyctl: { x64: 250, arm64: 219 },
  io_uring_setup: { x64: 425, arm64: 425 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  pivot_root: { x64: 155, arm64: 41 },
  chroot: { x64: 161, arm64: 51 },
  fsopen: { x64: 430, arm64: 430 },
  open_tree: { x64: 428, arm64: 428 },
  bpf: { x64: 321, arm64: 280 },
  perf_event_open: { x64: 298, arm64: 241 },
  userfaultfd: { x64: 323, arm64: 282 },
  add_key: { x64: 248, arm64: 217 },
  request_key: { x64: 249, arm64: 218 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
  init_module: { x64: 175, arm64: 105 },
  finit_module: { x64: 313, arm64: 273 },
  delete_module: { x64: 176, arm64: 106 },
  kexec_load: { x64: 246, arm64: 104 },
  sethostname: { x64: 170, arm64: 161 },
  setdomainname: { x64: 171, arm64: 162 },
  swapoff: { x64: 168, arm64: 225 },
  acct: { x64: 163, arm64: 89 },
  syslog: { x64: 103, arm64: 116 },
  mknodat: { x64: 259, arm64: 33 },
  setuid: { x64: 105, arm64: 146 },
  setgid: { x64: 106, arm64: 144 },
  setgroups: { x64: 116, arm64: 159 },
  fanotify_init: { x64: 300, arm64: 262 },
  setpriority: { x64: 141, arm64: 140 },
  exit: { x64: 60, arm64: 93 },
  unshare: { x64: 272, arm64: 97 },
  seccomp: { x64: 317, arm64: 277 },
  execve: { x64: 59, arm64: 221 },
} as const;

const loadAddress = 0x400000;
const headerBytes = 64 + 56;
/** Code comes first and ends before this; the data of the calls follows. */
const dataOffset = 0x400;
/** Where the first Buffer among the arguments lies, for one that points into itself. */
export const dataAddress = loadAddress + dataOffset;

/**
 * An executable that makes the calls in order and exits with 0, or with the errno of the first that
 * fails. With `thenRuns` it goes on as the program its own first argument names by path, with
 * the rest of its arguments and its environment. Null for a machine it has no instructions for.
 */
export function tinyProgram(
  machine: string,
  calls: readonly Call[],
  { thenRuns = false } = {},
): Buffer | null {
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
  const code = (machine === 'x64' ? x64 : arm64)(calls, addresses, thenRuns);
  const file = Buffer.alloc(dataOffset + body.length);
  header(machine, file.length).copy(file);
  code.copy(file, headerBytes);
  body.copy(file, dataOffset);
  return file;
}

type Resolved = readonly (readonly (number | 'fd')[])[];

function x64(calls: readonly Call[], args: Resolved, thenRuns: boolean): Buffer {
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
  // The stack holds argc, argv, 0, envp. mov rdi,[rsp+16]; lea rsi,[rsp+16]; mov rax,[rsp]; lea
  // rdx,[rsp+rax*8+16]; execve; neg eax; mov edi, eax
  const run = [
    ...[0x48, 0x8b, 0x7c, 0x24, 0x10, 0x48, 0x8d, 0x74, 0x24, 0x10, 0x48, 0x8b, 0x04, 0x24],
    ...[0x48, 0x8d, 0x54, 0xc4, 0x10, 0xb8, ...u32(numbers.execve.x64), 0x0f, 0x05],
    ...[0xf7, 0xd8, 0x89, 0xc7],
  ];
  return Buffer.from([...parts.flat(), ...(thenRuns ? run : [0x31, 0xff]), ...exit]);
}

function arm64(calls: readonly Call[], args: Resolved, thenRuns: boolean): Buffer {
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
  // ldr x0,[sp,#16]; add x1,sp,#16; ldr x2,[sp]; add x2,sp,x2,uxtx #3; add x2,x2,#16; execve
  const at = [0xf9400be0, 0x910043e1, 0xf94003e2, 0x8b226fe2, 0x91004042];
  const run = [...at, ...load(8, numbers.execve.arm64), svc, 0x4b0003e0];
  const end = thenRuns ? run : load(0, 0);
  return Buffer.from([...parts.flat(), ...end, ...exit].flatMap(u32));
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
