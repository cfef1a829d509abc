// The ingress done by another program: its configuration written from our settings, tried by the
// program itself before it is used, read again when what it says changes; what it logs becomes our
// records.

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../../../kit/address.ts';
import { ClincherError } from '../../../kit/error.ts';
import { limits } from '../../../kit/limits.ts';
import type { Health, Running } from '../../../kit/running.ts';
import type { World } from '../../../kit/world.ts';
import { FileWatch } from '../../../net/file-watch.ts';
import { createHttpMetrics } from '../../../net/http-metrics.ts';
import type { HttpServer } from '../../../net/http-server.ts';
import type { Telemetry } from '../../../telemetry/telemetry.ts';
import { openPlain } from '../listeners.ts';
import { type LiveSettings, openLive } from '../live-rules.ts';
import type { IngressSettings } from '../settings.ts';
import { type HandedOn, handOn } from './hand-on.ts';
import type { ProxyProgram } from './program.ts';
import { proxyPrograms, versionOf } from './programs.ts';
import { recordLines } from './records.ts';
import { type StartedProxy, startProxy, tryFile } from './start.ts';
import type { ProxyView } from './view.ts';

type Chosen = NonNullable<IngressSettings['program']>;

/**
 * Resolves when it answers.
 * @throws ClincherError `settings-invalid`, `secret-missing`, `program-missing`
 */
export async function serveByProgram(
  settings: IngressSettings,
  chosen: Chosen,
  world: World,
  telemetry: Telemetry,
): Promise<Running> {
  const program = proxyPrograms[chosen.name];
  refuseMore(settings, chosen);
  const watch = new FileWatch();
  const folder = await mkdtemp(join(tmpdir(), `clincher-${program.name}-`));
  // What the program left behind is ended, and may be writing as it goes.
  const gone = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
  const closers: (() => Promise<void>)[] = [() => rm(folder, gone)];
  const close = async () => {
    watch[Symbol.dispose]();
    for (const end of closers.toReversed()) await end();
  };
  try {
    const version = await versionOf(program, chosen.file);
    telemetry.log.info('proxy-program', { program: program.name, version });
    const live = await openLive(settings, telemetry, watch);
    const { rules, routes } = live;
    const metrics = createHttpMetrics(telemetry);
    const plain: HttpServer[] = [];
    closers.push(async () => {
      await Promise.all(plain.map((server) => server.close(limits.shutdownGraceMs)));
    });
    const door = await doorFor(program, settings, folder);
    closers.push(door.close);
    const told = new ToldProgram(program, chosen.file, { folder, version }, door.settings, live);
    await told.write();
    let started: StartedProxy | null = null;
    const reopen = () => started?.signal('SIGUSR1');
    const keepers = { world, telemetry, metrics };
    const records = await recordLines(program, folder, settings, keepers, reopen);
    closers.push(records.close);
    const running = await startProxy(program, chosen.file, told.configFile, door.settings, {
      telemetry,
      onLine: records.line,
      onOwnLine: records.ownLine,
    });
    started = running;
    closers.push(running.close);
    await door.begin();
    // No program is told of a CA's questions: they are answered here.
    await openPlain({ settings, routes, rules, world, telemetry, metrics }, plain);
    const changes = takeChanges(told, live, running, telemetry);
    closers.push(changes.settled);
    const health = (): Health => {
      const detail = running.ended() ?? changes.fault() ?? live.fault();
      const ready = running.ended() === null;
      return detail === null ? { ready } : { ready, detail };
    };
    return { health, failed: running.failed, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What it would not be told of is not left out in silence. */
function refuseMore({ listen }: IngressSettings, { name }: Chosen): void {
  if (listen.length === 1) return;
  throw new ClincherError(
    'settings-invalid',
    `${name} is told of one listener with TLS, and these settings have more`,
    { fix: 'Leave out the other listeners, or `program`.' },
  );
}

interface Door extends Pick<HandedOn, 'begin' | 'close'> {
  /** As the program is told them. */
  readonly settings: IngressSettings;
}

/** An inherited socket stays ours where the program would not take it. */
async function doorFor(
  { inherits }: ProxyProgram,
  settings: IngressSettings,
  folder: string,
): Promise<Door> {
  const [{ address, caller } = { address: '', caller: '' }] = settings.listen;
  if (inherits || parseAddress(address)?.kind !== 'fd') {
    return { settings, begin: async () => {}, close: async () => {} };
  }
  const { connectionsMax } = settings.limits;
  const { address: own, ...handed } = await handOn(address, folder, connectionsMax);
  return { ...handed, settings: { ...settings, listen: [{ address: own, caller }] } };
}

/** The program's file, never in force before the program itself found nothing wrong with it. */
class ToldProgram {
  readonly configFile: string;
  readonly #program: ProxyProgram;
  readonly #file: string;
  readonly #live: LiveSettings;
  readonly #view: Omit<ProxyView, 'live' | 'tokens'>;

  constructor(
    program: ProxyProgram,
    file: string,
    at: Pick<ProxyView, 'folder' | 'version'>,
    settings: IngressSettings,
    live: LiveSettings,
  ) {
    this.#program = program;
    this.#file = file;
    this.#live = live;
    this.#view = { settings, isRoot: process.getuid?.() === 0, ...at };
    this.configFile = join(at.folder, program.configName);
  }

  /** @throws ClincherError `settings-invalid`, and what was there stays */
  async write(): Promise<void> {
    const tokens = new Map(
      this.#live.routes.flatMap(({ prefix, bearer }) =>
        bearer === null ? [] : [[prefix, bearer.current().token] as const],
      ),
    );
    const live = this.#live.rules.current().said;
    const tried = `${this.configFile}.new`;
    const text = this.#program.render({ ...this.#view, live, tokens });
    await writeFile(tried, text, { mode: 0o600 });
    const fault = await tryFile(this.#program, this.#file, tried, this.#view.settings);
    if (fault !== null) {
      throw new ClincherError(
        'settings-invalid',
        `${this.#program.name} refused its file: ${fault}`,
      );
    }
    await rename(tried, this.configFile);
  }
}

interface Changes {
  /** What is wrong with the last one, or null. */
  fault(): string | null;
  /** No more of them; resolves once none is under way. */
  settled(): Promise<void>;
}

function takeChanges(
  told: ToldProgram,
  { rules, tls, routes }: LiveSettings,
  started: StartedProxy,
  telemetry: Telemetry,
): Changes {
  let fault: string | null = null;
  let last = Promise.resolve();
  const take = async () => {
    try {
      await told.write();
      await started.reload();
      fault = null;
      telemetry.log.info('proxy-taken');
    } catch (error) {
      if (!(error instanceof ClincherError)) throw error;
      fault = error.format();
      telemetry.log.error('proxy-kept', { message: fault });
    }
  };
  let waiting = false;
  let closed = false;
  // Several at once are one for the program, and after the end there is none.
  const changed = () => {
    if (waiting || closed) return;
    waiting = true;
    last = last.then(() => {
      waiting = false;
      return closed ? undefined : take();
    });
  };
  rules.onChange(changed);
  tls.onChange(changed);
  for (const { bearer } of routes) bearer?.onChange(changed);
  return {
    fault: () => fault,
    settled() {
      closed = true;
      return last;
    },
  };
}
