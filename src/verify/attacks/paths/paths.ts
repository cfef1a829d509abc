// Files and sockets of the machine that a service has no business with, and its own that it may
// not change.

import { inside } from '../../../plan/paths.ts';
import type { PathAct, PathAttack } from '../model.ts';

type Row = readonly [tries: string, path: string];

const closed = ['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENXIO', 'ENODEV', 'EIO'];

function rows(does: PathAct, list: readonly Row[]): readonly PathAttack[] {
  return list.map(([tries, path]) => ({ tries, does, path, errors: closed }));
}

export const readAttacks = rows('read', [
  ["read the machine's passwords", '/etc/shadow'],
  ['read who may become root', '/etc/sudoers'],
  ["read root's key", '/root/.ssh/id_rsa'],
  ["read the machine's key", '/etc/ssh/ssh_host_ed25519_key'],
  ['read the memory of the kernel', '/proc/kcore'],
  ['read the log of the kernel', '/proc/kmsg'],
  ['read the keys of the kernel', '/proc/keys'],
  ['read the timers of the kernel', '/proc/timer_list'],
  ['read the memory of the first process', '/proc/1/mem'],
  ['read the memory of the machine', '/dev/mem'],
  ['read the messages of the kernel', '/dev/kmsg'],
  ['read the ports of the machine', '/dev/port'],
  ['read a disk', '/dev/sda'],
  ['read a virtual disk', '/dev/vda'],
  ['read a disk of Xen', '/dev/xvda'],
  ['read an NVMe disk', '/dev/nvme0n1'],
  ['read a loop device', '/dev/loop0'],
  ['read a mapped disk', '/dev/mapper/control'],
  ['make loop devices', '/dev/loop-control'],
  ['make a tunnel', '/dev/net/tun'],
  ['make a virtual machine', '/dev/kvm'],
  ['talk to the machine that runs this one', '/dev/vsock'],
  ['mount file systems of its own', '/dev/fuse'],
  ['type on the keyboard', '/dev/uinput'],
  ['hear the keyboard', '/dev/input/event0'],
  ['see the screen', '/dev/fb0'],
  ['use the graphics card', '/dev/dri/card0'],
  ['read who this machine is', '/sys/class/dmi/id/product_uuid'],
  ['read the variables of the firmware', '/sys/firmware/efi/vars'],
  ['read a token of Kubernetes', '/var/run/secrets/kubernetes.io/serviceaccount/token'],
  ['read what Docker keeps', '/var/lib/docker/containers'],
  ['read the state of cloud-init', '/var/lib/cloud/instance/user-data.txt'],
  ['read the settings of systemd', '/etc/systemd/system.conf'],
  ['read the tables of times', '/var/spool/cron/crontabs/root'],
]);

export const writeAttacks = rows('write', [
  ['change how cores are handled', '/proc/sys/kernel/core_pattern'],
  ['change how modules are found', '/proc/sys/kernel/modprobe'],
  ['change how memory is mapped', '/proc/sys/vm/overcommit_memory'],
  ['change routing', '/proc/sys/net/ipv4/ip_forward'],
  ['press the emergency key', '/proc/sysrq-trigger'],
  ['change what runs interpreters', '/proc/sys/fs/binfmt_misc/register'],
  ['change what the kernel calls', '/sys/kernel/uevent_helper'],
  ['change the power state', '/sys/power/state'],
  ['change the users', '/etc/passwd'],
  ['change the hosts', '/etc/hosts'],
  ['change the resolver', '/etc/resolv.conf'],
  ['change its own program', `${inside.program}/package.json`],
  ['change what it is told', inside.settings],
]);

export const createAttacks = rows('create', [
  ['leave a file in the root', '/clincher-probe'],
  ['leave a library to be loaded first', '/etc/ld.so.preload'],
  ['leave a library', '/usr/lib/clincher-probe.so'],
  ['leave a program', '/usr/bin/clincher-probe'],
  ['leave a device', '/dev/clincher-probe'],
  ['leave a secret', `${inside.secrets}/clincher-probe`],
  ['leave a module beside its program', `${inside.program}/clincher-probe.ts`],
  ['leave a socket folder', `${inside.run}/out/clincher-probe`],
  ['leave a file for systemd', '/etc/systemd/system/clincher-probe.service'],
  ['leave a file for cron', '/etc/cron.d/clincher-probe'],
  ["leave a key of root's", '/root/.ssh/authorized_keys2'],
  ['leave a group for processes', '/sys/fs/cgroup/clincher-probe'],
]);

export const socketAttacks = rows('connect', [
  ['ask Docker', '/var/run/docker.sock'],
  ['ask Docker at its other place', '/run/docker.sock'],
  ['ask containerd', '/run/containerd/containerd.sock'],
  ['ask Podman', '/run/podman/podman.sock'],
  ['ask CRI-O', '/run/crio/crio.sock'],
  ['ask systemd', '/run/systemd/private'],
  ['ask the system bus', '/run/dbus/system_bus_socket'],
  ["ask root's bus", '/run/user/0/bus'],
  ['ask the resolver of systemd', '/run/systemd/resolve/io.systemd.Resolve'],
  ['ask the journal', '/run/systemd/journal/socket'],
  ['ask the cache of names', '/run/nscd/socket'],
  ['ask snapd', '/run/snapd.socket'],
  ['ask LXD', '/var/snap/lxd/common/lxd/unix.socket'],
  ['ask libvirt', '/run/libvirt/libvirt-sock'],
  ['ask the devices', '/run/udev/control'],
  ['ask the screen', '/tmp/.X11-unix/X0'],
  ['ask a database', '/run/postgresql/.s.PGSQL.5432'],
  ['ask another database', '/run/mysqld/mysqld.sock'],
  ['ask Redis', '/run/redis/redis-server.sock'],
  ['ask an agent for keys', '/run/user/1000/keyring/ssh'],
]);
