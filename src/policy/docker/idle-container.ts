// A container that runs nothing of its own: it is made, waits, and commands run in it once it is
// known what it was given. Anything else would run before anybody could look.

import { BodyFault, fix, type Reading } from './body-field.ts';
import { type Json, writeJson } from './strict-json.ts';

/** For templates with `commandsOnly`; throws BodyFault. */
export function makeIdle(
  asked: ReadonlyMap<string, Json>,
  env: readonly string[],
  body: Map<string, Json>,
  reading: Reading,
): void {
  const of = (key: string) => asked.get(key) ?? null;
  if (!noEntrypoints.has(writeJson(of('Entrypoint')))) throw refused('Entrypoint');
  if (writeJson(of('Cmd')) !== waiting) throw refused('Cmd');
  // It says which `sleep` is meant: there may be another one in a folder that is bound.
  if (env.some((entry) => /^PATH(?:=|$)/.test(entry))) throw refused('Env');
  // None in the place of what the image would run.
  fix(reading, body, 'Entrypoint', of('Entrypoint'), ['']);
  body.set('Healthcheck', new Map([['Test', ['NONE']]]));
}

const waiting = '["sleep","infinity"]';
const noEntrypoints: ReadonlySet<string> = new Set(['null', '[]', '[""]', '""']);

function refused(field: string): BodyFault {
  const says =
    'A container of this template waits with "sleep infinity"; what is to run in it is run by exec.';
  return new BodyFault('docker-field-refused', field, says);
}
