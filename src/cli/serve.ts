// Runs one role from one settings file: `node src/cli/serve.ts <role> --settings FILE`. It is what
// every jail starts, so it imports that role alone and no command line library.

import './lean-zod.ts';
import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import { ClincherError } from '../kit/error.ts';
import { limits } from '../kit/limits.ts';
import { formatPlace } from '../kit/place.ts';
import type { Running } from '../kit/running.ts';
import { systemWorld } from '../kit/world.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { giveBackStartMemory } from './after-start.ts';
import { type LineWriter, lineWriter } from './line-writer.ts';
import { type ReadyRole, roles } from './roles.ts';

/** A role with its settings as they were given. */
export interface ToServe {
  readonly role: string;
  readonly raw: unknown;
  /** What is wrong with them, when the role's schema says that something is. */
  refused(schema: z.ZodType): Promise<ClincherError>;
  /** Others in the same process, up before it and down after it. */
  readonly beside?: readonly ToServe[];
}

export function serve(argv: readonly string[]): Promise<number> {
  return serveFrom(async () => {
    const { role, file, isHeld } = readArguments(argv);
    if (isHeld) await (await import('./new-privileges.ts')).refuseNewPrivileges();
    const { text, raw } = await readSettings(file);
    const refused = async (schema: z.ZodType) => {
      const { settingsError } = await import('../kit/located/settings-problems.ts');
      return settingsError(text, file, schema);
    };
    return { role, raw, refused };
  });
}

const stderrFd = 2;
/** After it, what a start needs is no longer needed; before, requests of a stack's start come. */
const startSettledMs = 1_000;

/**
 * Serves until SIGTERM or SIGINT, then disposes. Resolves to the exit code: 0 after a signal, that
 * of the ClincherError for a start that failed (`settings-invalid`: 2), 70 for a bug.
 */
export async function serveFrom(find: () => Promise<ToServe>): Promise<number> {
  const stopped = nextStopSignal();
  const lines = lineWriter(stderrFd);
  let telemetry = telemetryFor('clincher', 'serve', lines);
  try {
    const told = await find();
    telemetry = telemetryFor(serviceName(told.raw), told.role, lines);
    await using others = new AsyncDisposableStack();
    for (const other of told.beside ?? []) others.use(await startBeside(other, lines));
    const ready = await openRole(told);
    await using running = await ready.start(systemWorld(), telemetry);
    // Not at the top: it brings zod along, which what stands first there must load.
    const { openAdmin } = await import('../net/admin.ts');
    await using _admin = await openAdmin(adminAddresses(told.raw), running, telemetry);
    telemetry.log.info('serving');
    setTimeout(giveBackStartMemory, startSettledMs).unref();
    const signal = await Promise.race([stopped, running.failed ?? stopped]);
    telemetry.log.info('stopping', { signal });
    leaveAnyway(telemetry);
  } catch (error) {
    return reportFailure(error, telemetry);
  }
  return 0;
}

async function startBeside(told: ToServe, lines: LineWriter): Promise<Running> {
  const ready = await openRole(told);
  return ready.start(systemWorld(), telemetryFor(serviceName(told.raw), told.role, lines));
}

interface Arguments {
  readonly role: string;
  readonly file: string;
  /** It is to start only where it can gain no privileges. */
  readonly isHeld: boolean;
}

function readArguments(argv: readonly string[]): Arguments {
  const [role, option, file, last, ...rest] = argv;
  const isHeld = last === '--no-new-privileges';
  const understood = option === '--settings' && rest.length === 0 && (last === undefined || isHeld);
  if (role !== undefined && file !== undefined && understood) return { role, file, isHeld };
  throw new ClincherError('usage', 'serve takes a role and its settings file', {
    fix: 'clincher serve <role> --settings FILE',
  });
}

async function readSettings(file: string): Promise<{ text: string; raw: unknown }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const message = `${file} cannot be read: ${errorText(error)}`;
    throw new ClincherError('settings-invalid', message, { cause: error });
  }
  try {
    return { text, raw: JSON.parse(text) };
  } catch (cause) {
    const { jsonFaultPlace } = await import('../kit/located/settings-problems.ts');
    const at = jsonFaultPlace(text, file);
    const message = `${formatPlace(at)}: it is not JSON from here on`;
    throw new ClincherError('settings-invalid', message, { cause });
  }
}

async function openRole(told: ToServe): Promise<Extract<ReadyRole, { start: unknown }>> {
  const { role, raw } = told;
  const load = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (load === undefined) {
    throw new ClincherError('usage', `there is no role ${JSON.stringify(role)}`, {
      fix: `roles: ${Object.keys(roles).join(', ')}`,
    });
  }
  const ready = (await load())(raw);
  if ('start' in ready) return ready;
  throw await told.refused(ready.refusedBy);
}

/**
 * The schema has required both by the time either matters; before that a line still needs a name.
 */
function serviceName(raw: unknown): string {
  const service = field(raw, 'service');
  return typeof service === 'string' && service !== '' ? service : 'unnamed';
}

function adminAddresses(raw: unknown): readonly string[] {
  const admin = field(raw, 'admin');
  return Array.isArray(admin) ? admin.map(String) : [];
}

function field(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null ? Reflect.get(raw, name) : undefined;
}

function telemetryFor(service: string, role: string, lines: LineWriter): Telemetry {
  return createTelemetry(service, role, lines.write, Date.now, lines.fault);
}

function nextStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

/** A disposal that hangs must not keep a stack from going down. */
function leaveAnyway(telemetry: Telemetry): void {
  setTimeout(() => {
    telemetry.log.warn('stopped-late', { graceMs: 2 * limits.shutdownGraceMs });
    process.exit(0);
  }, 2 * limits.shutdownGraceMs).unref();
}

function reportFailure(error: unknown, telemetry: Telemetry): number {
  if (error instanceof ClincherError) {
    const where = error.at === undefined ? '' : `${formatPlace(error.at)}: `;
    for (const line of error.message.split('\n')) {
      const message = `${where}${line.trim()}`;
      telemetry.log.error('start-failed', { code: error.code, message, fix: error.fix });
    }
    return error.exitCode;
  }
  if (isSystemError(error)) {
    telemetry.log.error('start-failed', { code: error.code, message: error.message });
    return 3;
  }
  return reportBug(error, telemetry);
}

function reportBug(error: unknown, telemetry: Telemetry): number {
  const stack = error instanceof Error ? error.stack : String(error);
  telemetry.log.error('bug', { message: errorText(error), stack });
  return 70;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (import.meta.main) {
  const crash = (error: unknown) =>
    process.exit(reportBug(error, telemetryFor('clincher', 'serve', lineWriter(stderrFd))));
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  process.exit(await serve(process.argv.slice(2)));
}
