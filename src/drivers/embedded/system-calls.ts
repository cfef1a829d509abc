// Which system calls a jail's processes may make: a seccomp filter (classic BPF) as bytes. A
// network namespace does not hold every way to talk: a vsock reaches the machine that runs this
// one, past every namespace, and io_uring opens sockets without a call that a filter would see.

export interface FilteredMachine {
  /** AUDIT_ARCH_ of linux/audit.h: a 32-bit program would use other numbers for the same calls. */
  readonly arch: number;
  /** First number of another table for the same machine (x32), or null. */
  readonly foreignFrom: number | null;
  readonly sockets: readonly number[];
  readonly denied: readonly (readonly [call: number, errno: number])[];
}

const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK (interfaces are listed by it), AF_PACKET (its own no). */
const families = [1, 2, 10, 16, 17] as const;

/**
 * Numbers: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. Denied are
 * add_key, request_key, keyctl (keys of whoever started the stack), perf_event_open, bpf,
 * userfaultfd (a wide face of the kernel that no agent needs), and io_uring, without which Node
 * uses epoll.
 */
export const filteredMachines: Readonly<Record<string, FilteredMachine>> = {
  x64: {
    arch: 0xc000003e,
    foreignFrom: 0x40000000,
    sockets: [41, 53],
    denied: [...refused([248, 249, 250, 298, 321, 323]), ...missing([425, 426, 427])],
  },
  arm64: {
    arch: 0xc00000b7,
    foreignFrom: null,
    sockets: [198, 199],
    denied: [...refused([217, 218, 219, 241, 280, 282]), ...missing([425, 426, 427])],
  },
};

const code = { load: 0x20, equal: 0x15, notBelow: 0x35, answer: 0x06 } as const;
const allow = 0x7fff0000;
const offsets = { call: 0, arch: 4, firstArgument: 16 } as const;

/** `struct sock_filter[]`, seccomp(2). Null for a machine whose numbers are not known here. */
export function systemCallFilter(machine: string): Buffer | null {
  const known = filteredMachines[machine];
  if (known === undefined) return null;
  const { arch, foreignFrom, sockets, denied } = known;
  const foreign =
    foreignFrom === null ? [] : [instruction(code.notBelow, foreignFrom, 0, 1), no(ENOSYS)];
  const family = families.flatMap((each) => [when(each), instruction(code.answer, allow)]);
  const judged = [load(offsets.firstArgument), ...family, no(EAFNOSUPPORT)];
  return Buffer.concat([
    load(offsets.arch),
    instruction(code.equal, arch, 1, 0),
    no(ENOSYS),
    load(offsets.call),
    ...foreign,
    ...denied.flatMap(([call, errno]) => [when(call), no(errno)]),
    // Each is judged to its end, so the next still has the call's number loaded.
    ...sockets.flatMap((call) => [instruction(code.equal, call, 0, judged.length), ...judged]),
    instruction(code.answer, allow),
  ]);
}

function refused(calls: readonly number[]): (readonly [number, number])[] {
  return calls.map((call) => [call, EPERM]);
}

/** As on a kernel that has no such call: programs then do without. */
function missing(calls: readonly number[]): (readonly [number, number])[] {
  return calls.map((call) => [call, ENOSYS]);
}

/** The next instruction only when what is loaded is this. */
function when(value: number): Buffer {
  return instruction(code.equal, value, 0, 1);
}

function load(offset: number): Buffer {
  return instruction(code.load, offset);
}

/** SECCOMP_RET_ERRNO: the call is not made, and its caller reads this errno. */
function no(errno: number): Buffer {
  return instruction(code.answer, 0x00050000 | errno);
}

function instruction(kind: number, value: number, ifSo = 0, ifNot = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(kind, 0);
  bytes.writeUInt8(ifSo, 2);
  bytes.writeUInt8(ifNot, 3);
  bytes.writeUInt32LE(value >>> 0, 4);
  return bytes;
}
