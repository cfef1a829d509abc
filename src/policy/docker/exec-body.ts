// The bodies of exec create and exec start: a command as the template's user, with its variables
// and in its folders, never privileged.

import {
  BodyFault,
  type FieldRule,
  isEmpty,
  objectOf,
  type Reading,
  readFields,
} from './body-field.ts';
import { readEnv } from './env.ts';
import { command, consoleSize, flag, ignored, nothing, text } from './field-rules.ts';
import type { Template } from './model.ts';
import type { Json } from './strict-json.ts';
import { fixUser } from './user.ts';
import { checkWorkdir } from './workdir.ts';

/** Throws BodyFault. */
export function readExecCreate(
  value: Json,
  template: Template,
  reading: Reading,
): Map<string, Json> {
  const asked = objectOf(value, '');
  const of = (key: string) => asked.get(key) ?? null;
  if (!isEmpty(of('Privileged'))) {
    const says = 'A command in a sandbox is never privileged.';
    throw new BodyFault('docker-field-refused', 'Privileged', says);
  }
  const body = readFields(value, '', execFields, reading);
  if (!body.has('Cmd')) {
    throw new BodyFault('docker-body-unclear', 'Cmd', 'There is no command to run.');
  }
  fixUser(of('User'), template, body, reading);
  const env = readEnv(of('Env'), template);
  if (env !== undefined) body.set('Env', env);
  const workdir = checkWorkdir(of('WorkingDir'), template);
  if (workdir !== undefined) body.set('WorkingDir', workdir);
  body.set('Privileged', false);
  return body;
}

/** Throws BodyFault. */
export function readExecStart(value: Json, reading: Reading): Map<string, Json> {
  return readFields(value, '', startFields, reading);
}

export const execFields: Readonly<Record<string, FieldRule>> = {
  Env: ignored,
  Privileged: ignored,
  User: ignored,
  WorkingDir: ignored,
  // The client's own affair: it starts the exec in its way.
  Detach: ignored,

  AttachStderr: flag,
  AttachStdin: flag,
  AttachStdout: flag,
  Cmd: command,
  ConsoleSize: consoleSize,
  DetachKeys: text(/^[a-zA-Z0-9,@^[\]\\_-]{1,64}$/),
  Tty: flag,
  // Of old clients, which send the container once more.
  Container: nothing(),
};

const startFields: Readonly<Record<string, FieldRule>> = {
  // dockerode writes its own options along; the daemon has no such fields.
  hijack: ignored,
  stdin: ignored,

  ConsoleSize: consoleSize,
  Detach: flag,
  Tty: flag,
};
