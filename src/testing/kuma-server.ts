// A server that answers as Uptime Kuma's source does (server/server.js of 2.x), for the events that
// are asked of it: it keeps monitors, wants a sign-in, and refuses what its database would refuse.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

type Fields = Record<string, unknown>;
type Callback = (answer: unknown) => void;

export interface KumaServer extends AsyncDisposable {
  readonly url: string;
  readonly monitors: Map<number, Fields>;
  /** Events that change something, in order. */
  readonly changes: string[];
}

export interface KumaChoices {
  /** Already set up by this user. */
  readonly user?: { readonly name: string; readonly password: string };
  readonly version?: string;
  /** It takes these events and never answers. */
  readonly deaf?: readonly string[];
}

export async function kumaServer(choices: KumaChoices = {}): Promise<KumaServer> {
  const { version = '2.5.3', deaf = [] } = choices;
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const io = new Server(http);
  const monitors = new Map<number, Fields>();
  const changes: string[] = [];
  let user = choices.user ?? null;
  let lastId = 0;
  io.on('connection', (socket) => {
    let isIn = false;
    const on = (event: string, work: (...args: readonly unknown[]) => unknown) =>
      socket.on(event, (...args: unknown[]) => {
        const callback = args.pop() as Callback;
        if (deaf.includes(event)) return;
        try {
          callback(work(...args));
        } catch (error) {
          callback({ ok: false, msg: (error as Error).message });
        }
      });
    const change = (event: string, work: (...args: readonly unknown[]) => unknown) =>
      on(event, (...args) => {
        if (!isIn) throw new Error('You are not logged in.');
        const done = work(...args);
        changes.push(event);
        sendList();
        return done;
      });
    const sendList = () => socket.emit('monitorList', Object.fromEntries(monitors));
    socket.emit('info', {});
    on('needSetup', () => user === null);
    on('setup', (name, password) => {
      if (String(password).length < 6) throw new Error('Password is too weak.');
      if (user !== null) throw new Error('Uptime Kuma has been initialized.');
      user = { name: String(name), password: String(password) };
      changes.push('setup');
      return { ok: true, msg: 'successAdded' };
    });
    on('login', (data) => {
      const { username, password } = data as Fields;
      if (username !== user?.name || password !== user?.password) {
        return { ok: false, msg: 'authIncorrectCreds' };
      }
      isIn = true;
      socket.emit('info', { version });
      sendList();
      return { ok: true, token: 'jwt' };
    });
    on('getMonitorList', () => {
      if (!isIn) throw new Error('You are not logged in.');
      sendList();
      return { ok: true };
    });
    change('add', (monitor) => {
      const { id: _, ...stored } = checked(monitor as Fields, version);
      lastId += 1;
      monitors.set(lastId, { id: lastId, ...defaults, ...stored });
      return { ok: true, msg: 'successAdded', monitorID: lastId };
    });
    change('editMonitor', (monitor) => {
      const fields = checked(monitor as Fields, version);
      const there = monitors.get(fields.id as number);
      if (there === undefined)
        throw new Error("Cannot read properties of null (reading 'user_id')");
      monitors.set(fields.id as number, { ...there, ...fields });
      return { ok: true, msg: 'Saved.', monitorID: fields.id };
    });
    change('deleteMonitor', (id) => {
      monitors.delete(id as number);
      return { ok: true, msg: 'successDeleted' };
    });
  });
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    monitors,
    changes,
    [Symbol.asyncDispose]: async () => void (await io.close()),
  };
}

/** What the tables fill in; those of 2.0 before its first beta have no conditions. */
const defaults = { weight: 2000, parent: null, tags: [], notificationIDList: {} };

function checked(monitor: Fields, version: string): Fields {
  const codes = monitor.accepted_statuscodes as readonly unknown[];
  if (!codes.every((code) => typeof code === 'string')) {
    throw new Error('Accepted status codes are not all strings');
  }
  const hasConditions = !version.startsWith('2.0.0-dev');
  if (hasConditions && !('conditions' in monitor)) {
    throw new Error('SQLITE_CONSTRAINT: NOT NULL constraint failed: monitor.conditions');
  }
  if (!hasConditions && 'conditions' in monitor) {
    throw new Error('SQLITE_ERROR: table monitor has no column named conditions');
  }
  if ((monitor.interval as number) < 20) throw new Error('Interval cannot be less than 20 seconds');
  return monitor;
}
