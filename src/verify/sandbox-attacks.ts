// The attacks of a command in the sandbox, from inside one: by ssh from the agent's jail, or in a
// container that Docker's API gives whoever may have some, the ways that a tool's command comes.
// What is asked of the kernel and of files in every service is asked there, too.

import { tinyProgram } from '../kit/tiny-program.ts';
import type { ServicePlan } from '../plan/model.ts';
import { inside } from '../plan/paths.ts';
import { sandboxClientKey, sandboxKnownHosts } from '../topology/secrets.ts';
import { sandboxesOf } from './attacks/fill-docker.ts';
import type { AttackTable, KernelTable, PathTable, SandboxTable } from './attacks/model.ts';
import { canaryMarks } from './attacks/sandbox/tables.ts';
import { type FromSandbox, type InSandbox, inSandbox } from './in-sandbox.ts';
import { judgeError, judgeProgram } from './inside-attacks.ts';
import { judge } from './judge.ts';
import type { Row } from './model.ts';
import type { CommandResult } from './probes/command.ts';
import { type Battlefield, linesOf } from './wire-attacks.ts';

const deadlineMs = 30_000;

export interface SandboxAttacks {
  readonly kernel: readonly KernelTable[];
  readonly path: readonly PathTable[];
  readonly sandbox: readonly SandboxTable[];
}

/** How python3 is reached with a program on its standard input, and what is around it there. */
export interface WayIn {
  /** As rows name who tries. */
  readonly sandbox: string;
  /** A jail of the driver's; or else a container, whose first process is its own. */
  readonly isJail: boolean;
  run(program: string): Promise<CommandResult>;
}

/** Rows of each sandbox that takes commands, where something of a sandbox's own is tried. */
export async function sandboxRows(tables: SandboxAttacks, field: Battlefield): Promise<Row[]> {
  if (tables.sandbox.length === 0) return [];
  const ways = [...waysBySsh(field), ...waysByDocker(field)];
  return (await Promise.all(ways.map((way) => rowsThrough(way, tables, field)))).flat();
}

function waysBySsh({ plan, inside }: Battlefield): readonly WayIn[] {
  const sandboxes = plan.services.filter(({ role }) => role === 'sandbox');
  return sandboxes.flatMap(({ name, settings }) =>
    plan.services.flatMap((caller) => {
      const port = portOf(caller, name);
      if (port === null) return [];
      const [scope = ''] = (settings.scopes ?? []) as readonly string[];
      const argv = sshArgv(scope, port);
      const run = (input: string) => inside.command(caller.name, { argv, input, deadlineMs });
      return [{ sandbox: name, isJail: true, run }];
    }),
  );
}

/** A container for each caller whom the Docker proxy lets have some. */
function waysByDocker(field: Battlefield): readonly WayIn[] {
  return linesOf(field).flatMap(({ edge, guard, door, at }) => {
    const template = door === 'docker-proxy' ? sandboxesOf(edge, guard) : null;
    const [image] = template?.images ?? [];
    if (template === null || image === undefined) return [];
    const name = template.names[0]?.replace('*', 'clincher-verify') ?? '';
    const asked = { at, image: image.name, name, argv: ['python3', '-I', '-'], deadlineMs };
    const run = (input: string) => field.inside.sandbox(edge.from, { ...asked, input });
    return [{ sandbox: `a sandbox of ${edge.from}`, isJail: false, run }];
  });
}

/** Where the relay beside the agent takes what goes to the sandbox; null where it does not. */
function portOf({ settings }: ServicePlan, callee: string): string | null {
  const ways = (settings.dial ?? []) as readonly { listen?: string; callee?: string }[];
  if (!Array.isArray(ways)) return null;
  const listen = ways.find((way) => way.callee === callee)?.listen;
  return /^tcp:127\.0\.0\.1:([0-9]+)$/.exec(listen ?? '')?.[1] ?? null;
}

function sshArgv(scope: string, port: string): readonly string[] {
  const options = [
    ...['BatchMode=yes', 'ConnectTimeout=5', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes'],
    `UserKnownHostsFile=${inside.secrets}/${sandboxKnownHosts}`,
    `IdentityFile=${inside.secrets}/${sandboxClientKey}`,
  ];
  const named = options.flatMap((option) => ['-o', option]);
  return [
    'ssh',
    '-F',
    '/dev/null',
    '-T',
    ...named,
    '-p',
    port,
    `${scope}@127.0.0.1`,
    commandInside,
  ];
}

/**
 * Isolated: the folder that it starts in is the agent's, and a file of the name of a module there
 * would be run in its place.
 */
export const commandInside = '/usr/bin/python3 -I -';

interface Aimed {
  readonly table: AttackTable;
  readonly tries: string;
  readonly errors: readonly string[];
  readonly outcome: (from: FromSandbox) => ReturnType<typeof judgeError>;
}

/** Exported for its test and the selftest, which have other ways in. */
export async function rowsThrough(
  way: WayIn,
  tables: SandboxAttacks,
  field: Battlefield,
): Promise<Row[]> {
  const { sandbox, isJail } = way;
  const { told, aimed } = aimedOf(isJail ? tables : outsideJails(tables), field);
  if (aimed.length === 0) return [];
  const result = await way
    .run(inSandbox(told))
    .catch((error: Error) => ({ code: null, stdout: '', stderr: error.message }));
  const found = outcomesIn(result.stdout);
  return aimed.map(({ table, tries, errors, outcome }) =>
    judge({
      ...{ from: sandbox, to: 'host', via: 'attack', declared: null },
      what: `${table.class}: in a command, ${tries}`,
      ...(found === null
        ? { observed: 'unknown', evidence: `no command could be run: ${result.stderr.trim()}` }
        : outcome(found)),
      fix: `What a command of ${sandbox} may is not what it was made for: look at how its jail is made.`,
      attack: { class: table.class, property: table.property, wanted: errors.join(' or ') },
    }),
  );
}

function outsideJails({ kernel, path, sandbox }: SandboxAttacks): SandboxAttacks {
  return {
    kernel: kernel.filter(({ ofJails }) => ofJails !== true),
    path,
    sandbox: sandbox.filter(({ ofJails }) => ofJails !== true),
  };
}

function aimedOf({ kernel, path, sandbox }: SandboxAttacks, field: Battlefield) {
  const acts: InSandbox['acts'][number][] = [];
  const attempts: InSandbox['attempts'][number][] = [];
  const aimed: Aimed[] = [];
  const act = (
    table: AttackTable,
    tries: string,
    does: string,
    target: string,
    errors: readonly string[],
  ) => {
    const id = acts.length;
    acts.push({ id, does, target: filled(target, field) });
    aimed.push({ table, tries, errors, outcome: (from) => judgeError(errors, from.acts[id]) });
  };
  for (const table of path)
    for (const one of table.attacks) act(table, one.tries, one.does, one.path, one.errors);
  for (const table of sandbox)
    for (const one of table.attacks) act(table, one.tries, one.does, one.target, one.errors);
  for (const table of kernel) {
    for (const attack of table.attacks.filter((one) => field.memory.has(one))) {
      const { tries, errors } = attack;
      const calls = field.memory.callsOf(attack);
      const elf = calls === null ? null : tinyProgram(process.arch, calls);
      const name = `${table.class}: ${tries}`;
      if (elf !== null) attempts.push({ name, elfBase64: elf.toString('base64') });
      const outcome = (from: FromSandbox) => judgeProgram(errors, from.attempts[name]);
      aimed.push({ table, tries, errors, outcome });
    }
  }
  return { told: { acts, attempts }, aimed };
}

function filled(target: string, { canaries }: Battlefield): string {
  const marks = Object.entries(canaryMarks) as [keyof typeof canaryMarks, string][];
  return marks.reduce((text, [what, mark]) => text.replace(mark, String(canaries[what])), target);
}

function outcomesIn(text: string): FromSandbox | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
