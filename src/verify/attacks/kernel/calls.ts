// System calls that a service has no need of: namespaces, mounts, the kernel's own programs, keys
// and modules, devices, other users. None of them does harm where it succeeds: what would is asked
// for in a way that the kernel refuses for another reason once the right is there.

import type { Call } from '../../../kit/tiny-program.ts';
import type { KernelAttack } from '../model.ts';

type Row = readonly [tries: string, name: Call['name'], args: Call['args']];

const text = (value: string) => Buffer.from(`${value}\0`);
const AT_FDCWD = 0xffffff9c;
/** struct file_handle: eight bytes of a kind that no file system has. */
const handle = Buffer.from([8, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);

function rows(errors: readonly string[], list: readonly Row[]): readonly KernelAttack[] {
  return list.map(([tries, name, args]) => ({ tries, errors, calls: [{ name, args }] }));
}

/** What lacks a right is told EPERM; where the jail's user namespaces are used up, ENOSPC. */
export const namespaceAttacks = rows(
  ['EPERM', 'ENOSPC', 'ENOSYS'],
  [
    ['make mounts of its own', 'unshare', [0x00020000]],
    ['make a user namespace', 'unshare', [0x10000000]],
    ['make a user namespace and a network', 'unshare', [0x50000000]],
    ['make a user namespace and mounts', 'unshare', [0x10020000]],
    ['make a network', 'unshare', [0x40000000]],
    ['make a pid namespace', 'unshare', [0x20000000]],
    ['make an ipc namespace', 'unshare', [0x08000000]],
    ['make a name of its own', 'unshare', [0x04000000]],
    ['make a cgroup namespace', 'unshare', [0x02000000]],
    // A type that there is not, a source, a place that no mount is at: ENODEV, ENOENT, EINVAL.
    ['mount a file system', 'mount', [text('none'), text('/tmp'), text('clincher-none'), 0, 0]],
    ['bind a folder elsewhere', 'mount', [text('/clincher-none'), text('/tmp'), 0, 0x1000, 0]],
    ['take a mount away', 'umount2', [text('/proc/1'), 2]],
    ['take another root', 'pivot_root', [text('/tmp'), text('/tmp')]],
    ['go into another root', 'chroot', [text('/')]],
    ['open a file system', 'fsopen', [text('tmpfs'), 0]],
    ['copy the tree of mounts', 'open_tree', [AT_FDCWD, text('/'), 1]],
    ['open a file by its number on the disk', 'open_by_handle_at', [AT_FDCWD, handle, 0]],
  ],
);

export const kernelAttacks = rows(
  ['EPERM', 'EACCES', 'ENOSYS'],
  [
    ['load a program into the kernel', 'bpf', [5, Buffer.alloc(120), 120]],
    ['make a map in the kernel', 'bpf', [0, Buffer.alloc(120), 120]],
    ['count the events of everybody', 'perf_event_open', [Buffer.alloc(128), 0, 0, 0, 0]],
    ['handle page faults', 'userfaultfd', [1]],
    ['keep a key in the kernel', 'add_key', [text('user'), text('x'), text('y'), 1, 0xfffffffd]],
    ['ask for a key of the kernel', 'request_key', [text('user'), text('x'), 0, 0]],
    ['read the keys of a session', 'keyctl', [0, 0xfffffffd, 0, 0, 0]],
    ['set up io_uring', 'io_uring_setup', [1, Buffer.alloc(120)]],
    ['enter an io_uring', 'io_uring_enter', [0, 1, 0, 0, 0, 0]],
    ['register with an io_uring', 'io_uring_register', [0, 0, 0, 0]],
  ],
);

export const machineAttacks = rows(
  ['EPERM', 'EACCES', 'ENOSYS'],
  [
    ['load a module', 'init_module', [text(''), 1, text('')]],
    ['load a module from a file', 'finit_module', [0, text(''), 0]],
    ['take a module away', 'delete_module', [text('clincher-none'), 0x800]],
    ['start another kernel', 'kexec_load', [0, 100, 0, 0]],
    ['watch the files of everybody', 'fanotify_init', [4, 0]],
    ['read the log of the kernel', 'syslog', [3, Buffer.alloc(64), 64]],
    ['take another name', 'sethostname', [Buffer.alloc(80), 80]],
    ['take another domain', 'setdomainname', [Buffer.alloc(80), 80]],
    ['take swap away', 'swapoff', [text('/clincher-none')]],
    ['write everybody down', 'acct', [text('/clincher-none')]],
    ['make a disk', 'mknodat', [AT_FDCWD, text('/tmp/.clincher-disk'), 0o060600, 0x0800]],
    ['make the memory a file', 'mknodat', [AT_FDCWD, text('/tmp/.clincher-mem'), 0o020600, 0x0101]],
    ['join the groups of root', 'setgroups', [1, Buffer.alloc(4)]],
    ['come before everybody', 'setpriority', [0, 0, 0xffffffec]],
  ],
);

/** In a user namespace without a root EINVAL. */
export const userAttacks = rows(
  ['EPERM', 'EINVAL'],
  [
    ['become root', 'setuid', [0]],
    ['join the group of root', 'setgid', [0]],
  ],
);
