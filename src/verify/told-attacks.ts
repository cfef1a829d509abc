// Attacks that only say something, at each guard; and what the stack then says of them: the page of
// metrics, which another host reads, and the logs. A word of each row's own must not be in the one,
// and make no line of the other.

import { randomBytes } from 'node:crypto';
import type { Driver, LogLine } from '../drivers/driver.ts';
import type { ServicePlan } from '../plan/model.ts';
import { inside, socketIn, supervisorName } from '../plan/paths.ts';
import { originOf } from './attacks/fill-ingress.ts';
import { hostMark } from './attacks/ingress/requests.ts';
import { agentKeyMark } from './attacks/llm/write.ts';
import type { TellAttack, TellTable } from './attacks/model.ts';
import { toldMark } from './attacks/told/tables.ts';
import { judge } from './judge.ts';
import type { Row, State } from './model.ts';
import type { Heard, Shot } from './probes/fire.ts';
import { hostAndPort } from './targets.ts';
import { type Battlefield, type Line, linesOf, probesFor } from './wire-attacks.ts';

const waits = { atOnce: 8, deadlineMs: 4_000, quietMs: 20 } as const;
/** The page of a stack is some hundred kilobytes at most. */
const page = { textMax: 8 * 1024 * 1024, deadlineMs: 10_000, quietMs: 1_000 } as const;
/** Of each service: more than what is told here makes. */
const linesMax = 20_000;

interface Told {
  readonly line: Line;
  readonly table: TellTable;
  readonly attack: TellAttack;
  /** As it is said, in small letters. */
  readonly word: string;
  heard: Heard | undefined;
}

/** None where nobody collects metrics: there is no page that another host reads. */
export async function toldRows(
  field: Battlefield,
  tables: readonly TellTable[],
  driver: Pick<Driver, 'logs'>,
): Promise<Row[]> {
  const at = pageOf(field.plan.services);
  if (at === null) return [];
  const word = `told${randomBytes(5).toString('hex')}`;
  const told = linesOf(field).flatMap((line, place) =>
    tables
      .filter(({ guard }) => guard === line.door)
      .flatMap((table) =>
        table.attacks.map((attack, number): Told => {
          const own = `${word}x${place}x${number}x`;
          return { line, table, attack, word: own, heard: undefined };
        }),
      ),
  );
  if (told.length === 0) return [];
  for (const all of Map.groupBy(told, ({ line }) => line).values()) await say(all, field);
  const metrics = await readPage(field, at);
  const lines = await linesWith(word, driver);
  return told.map((one) => rowOf(one, metrics, lines));
}

async function say(all: readonly Told[], field: Battlefield): Promise<void> {
  const [first] = all;
  if (first === undefined) return;
  const { at, serverName, guard, door, edge } = first.line;
  const host = door === 'ingress' ? originOf(guard).host : '';
  const shots = all.map(({ attack, word }, id): Shot => {
    const bytes = attack.bytes.replaceAll(toldMark, word).replaceAll(hostMark, host);
    return { id, at, serverName, bytes: lengthened(bytes) };
  });
  const files = { [agentKeyMark]: `${inside.secrets}/agent-key` };
  const heard = await probesFor(first.line, field)
    .fire(edge.from, { ...waits, shots, files, busy: [] })
    .catch((): readonly Heard[] => []);
  for (const one of heard) {
    const said = all[one.id];
    if (said !== undefined) said.heard = one;
  }
}

/** A body is as long as its word makes it. */
function lengthened(bytes: string): string {
  const end = bytes.indexOf('\r\n\r\n');
  const body = bytes.slice(end + 4);
  if (body === '') return bytes;
  const head = bytes.slice(0, end).replace(/Content-Length: \d+/, `Content-Length: ${body.length}`);
  return `${head}\r\n\r\n${body}`;
}

interface PageAt {
  readonly service: string;
  readonly at: Shot['at'];
}

/** Where the monitor's question arrives at last: asked there, by whoever stands there. */
function pageOf(services: readonly ServicePlan[]): PageAt | null {
  for (const { name, role, listens, answers = [] } of services) {
    if (role !== 'metrics') continue;
    const listen = listens.find(
      ({ edge, peer }) => edge.endsWith('.http') && peer !== supervisorName,
    );
    const answer = answers.find(({ edge }) => edge.endsWith('.http'));
    if (listen !== undefined)
      return { service: name, at: { socketPath: socketIn(listen.folder).slice('unix:'.length) } };
    if (answer !== undefined) return { service: name, at: hostAndPort(answer.address) };
  }
  return null;
}

/** Null where it could not be read, or is none. */
async function readPage({ inside: probes }: Battlefield, { service, at }: PageAt) {
  const bytes = 'GET /metrics HTTP/1.1\r\nHost: metrics\r\nConnection: close\r\n\r\n';
  const shots: Shot[] = [{ id: 0, at, serverName: null, bytes }];
  const [heard] = await probes
    .fire(service, { ...waits, ...page, shots, files: {}, busy: [] })
    .catch((): readonly Heard[] => []);
  const text = heard?.text ?? '';
  return /^HTTP\/1\.1 200 /.test(text) && text.includes('clincher_up{') ? text.toLowerCase() : null;
}

/** Null where nothing could be read. */
async function linesWith(word: string, driver: Pick<Driver, 'logs'>): Promise<LogLine[] | null> {
  const lines: LogLine[] = [];
  let read = 0;
  try {
    for await (const line of driver.logs(null, { lines: linesMax, follow: false })) {
      read += 1;
      if (line.text.toLowerCase().includes(word)) lines.push(line);
    }
  } catch {
    return null;
  }
  return read === 0 ? null : lines;
}

function rowOf(
  { line: { edge }, table, attack, word, heard }: Told,
  metrics: string | null,
  lines: readonly LogLine[] | null,
): Row {
  return judge({
    ...{ from: edge.from, to: edge.to, via: 'attack', what: `${table.class}: ${attack.tries}` },
    ...{ declared: null, deniedBy: edge.to },
    ...judgeTold(word, heard, metrics, lines),
    fix: `${edge.to} must not repeat what it is told: look at its page of metrics and its log.`,
    attack: { class: table.class, property: table.property, wanted: 'nothing is told on' },
  });
}

/** Exported for its test. `metrics` in small letters; of the logs lines that have such a word. */
export function judgeTold(
  word: string,
  heard: Pick<Heard, 'text' | 'code'> | undefined,
  metrics: string | null,
  lines: readonly LogLine[] | null,
): { readonly observed: State; readonly evidence: string } {
  if (metrics?.includes(word))
    return { observed: 'open', evidence: 'it is in the page of metrics' };
  const made = lines?.find((line) => line.text.toLowerCase().includes(word) && !isOurs(line, word));
  if (made !== undefined)
    return { observed: 'open', evidence: `it made a line in the log of ${made.service}` };
  if (heard === undefined || /^E[A-Z]+$/.test(heard.code))
    return { observed: 'unknown', evidence: `it could not be told: ${heard?.code ?? ''}` };
  if (metrics === null) return { observed: 'unknown', evidence: 'the page could not be read' };
  if (lines === null) return { observed: 'unknown', evidence: 'the logs could not be read' };
  return { observed: 'denied', evidence: 'neither in the page of metrics nor a line of a log' };
}

/** One line of that service's own, with the word in what a field says, and in no name. */
function isOurs({ service, text }: LogLine, word: string): boolean {
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    const names = [...Object.keys(said), said.event, said.level, said.time].join(' ');
    return said.service === service && !names.toLowerCase().includes(word);
  } catch {
    return false;
  }
}
