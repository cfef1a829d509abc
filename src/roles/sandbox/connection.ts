// One connection: the one key opens it, and then it may ask for commands. Whatever else SSH can do
// is refused by name and written down.

import type { Socket } from 'node:net';
import ssh2, { type Algorithms, type AuthContext, type Connection, type Session } from 'ssh2';
import type { Decision } from '../../policy/decision.ts';
import { judgeRequest, judgeSignIn } from '../../policy/sandbox-ssh.ts';
import { runCommand } from './command.ts';
import { type House, writeRecord } from './house.ts';
import { deny, heldBytesMax, openVisit, type Visit } from './visit.ts';

/** Nobody needs more to sign in; ssh(1) uses about 4 KB. */
const signInBytesMax = 64 * 1024;
const smallestPacket = 1_024;

/** What is current and has no known weakness; ssh(1) of this decade speaks all of it. */
const algorithms: Algorithms = {
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  serverHostKey: ['ssh-ed25519'],
  compress: ['none'],
};

export function serveConnection(house: House, caller: string, socket: Socket): void {
  const { settings, load, metrics } = house;
  const startedMs = house.world.monotonicMs();
  if (load.connections >= settings.limits.connectionsMax) {
    metrics.dropped.inc({ caller });
    writeRecord(house, caller, deny('limit-connections'), startedMs, {});
    socket.destroy();
    return;
  }
  load.connections += 1;
  const visit = openVisit(house, caller, socket);
  const server = new ssh2.Server(
    { hostKeys: [house.keys.host], ident: 'clincher', algorithms },
    (client) => meet(house, visit, client),
  );
  server.on('error', () => socket.destroy());
  server.injectSocket(socket);
  const late = setTimeout(() => {
    if (visit.scope === null) visit.end('ssh-login-late');
  }, settings.limits.signInTimeoutMs);
  let heldBefore = 0;
  socket.on('data', (data) => {
    if (visit.scope !== null) return;
    heldBefore += data.length;
    if (heldBefore > signInBytesMax) visit.end('ssh-protocol-broken');
  });
  socket.on('data', () => {
    if (socket.writableLength > heldBytesMax) visit.end('ssh-protocol-broken');
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearTimeout(late);
    load.connections -= 1;
    // Whoever only looked whether somebody listens said nothing.
    if (visit.scope === null && heldBefore > 0 && !visit.isRefused) visit.end('ssh-login-left');
  });
}

function meet(house: House, visit: Visit, client: Connection): void {
  let tries = 0;
  let refusals = 0;
  client.on('authentication', (context) => {
    const decision = signIn(house, context);
    if (decision.verdict === 'allow') {
      if (isSigned(context)) visit.scope = context.username;
      context.accept();
      return;
    }
    // The first question of every client is what it may sign in with.
    if (context.method === 'none') return context.reject(['publickey']);
    tries += 1;
    visit.isRefused = true;
    writeRecord(house, visit.caller, decision, house.world.monotonicMs(), {});
    if (tries >= house.settings.limits.signInTriesMax) visit.socket.destroy();
    else context.reject(['publickey']);
  });
  const refuse = (kind: string) => {
    refusals += 1;
    // What had come before the end of the connection is still read.
    if (refusals > house.settings.limits.refusalsMax) return;
    const fields = { scope: visit.scope, asked: kind };
    writeRecord(house, visit.caller, judgeRequest(kind), house.world.monotonicMs(), fields);
    if (refusals >= house.settings.limits.refusalsMax) visit.socket.destroy();
  };
  client.on('session', (accept, reject) => {
    if (visit.channels >= house.settings.limits.channelsMax) {
      refuse('session');
      return reject();
    }
    const session = accept();
    if (isPacketTooSmall(session)) return visit.end('ssh-protocol-broken');
    visit.channels += 1;
    session.once('close', () => {
      visit.channels -= 1;
    });
    serveSession(house, visit, session, refuse);
  });
  client.on('tcpip', (_accept, reject) => {
    refuse('direct-tcpip');
    reject();
  });
  client.on('openssh.streamlocal', (_accept, reject) => {
    refuse('direct-streamlocal');
    reject();
  });
  client.on('request', (_accept, reject, name) => {
    refuse(name);
    reject?.();
  });
  client.on('error', ({ level, code }: Error & { level?: string; code?: unknown }) => {
    // A broken socket, one that no longer answers, and a farewell are no breach of the protocol.
    const isTheirs = level !== 'socket' && level !== 'client-timeout' && code === undefined;
    if (isTheirs) visit.end('ssh-protocol-broken');
  });
}

function signIn({ keys, settings }: House, context: AuthContext): Decision {
  const { method, username } = context;
  if (context.method !== 'publickey') {
    return judgeSignIn({ method, user: username, isOurKey: false, isSigned: null }, []);
  }
  const ours = keys.client.getPublicSSH();
  const { data, algo } = context.key;
  const isOurKey = algo === keys.client.type && data.equals(ours);
  const { blob, signature, hashAlgo } = context;
  const checked = () =>
    blob !== undefined &&
    signature !== undefined &&
    keys.client.verify(blob, signature, hashAlgo) === true;
  const isRight = !isOurKey || signature === undefined ? null : checked();
  return judgeSignIn({ method, user: username, isOurKey, isSigned: isRight }, settings.scopes);
}

function isSigned(context: AuthContext): boolean {
  return context.method === 'publickey' && context.signature !== undefined;
}

function serveSession(
  house: House,
  visit: Visit,
  session: Session,
  refuse: (kind: string) => void,
): void {
  let terminal: { columns: number; rows: number } | null = null;
  session.on('pty', (accept, _reject, { cols, rows }) => {
    terminal = { columns: cellsOf(cols), rows: cellsOf(rows) };
    accept?.();
  });
  // The terminal is made inside the jail, where its size cannot be changed from here.
  session.on('window-change', (accept) => accept?.());
  session.once('exec', (accept, reject, { command }) => {
    void runCommand(house, visit, { session, terminal, command, accept, reject });
  });
  const no = (kind: string) => (_accept: unknown, reject: unknown) => {
    refuse(kind);
    if (typeof reject === 'function') reject();
  };
  session.on('shell', no('shell'));
  session.on('env', no('env'));
  session.on('sftp', no('subsystem'));
  session.on('subsystem', no('subsystem'));
  session.on('x11', no('x11-req'));
  session.on('auth-agent', no('auth-agent-req@openssh.com'));
}

/** The library takes a client's word for how large a packet may be, and cuts into pieces of 0. */
function isPacketTooSmall(session: Session): boolean {
  const size = Reflect.get(session, '_chanInfo')?.outgoing?.packetSize;
  return typeof size !== 'number' || size < smallestPacket;
}

function cellsOf(asked: number): number {
  return Math.min(Math.max(Math.trunc(asked) || 80, 1), 1_000);
}
