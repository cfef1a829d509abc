// The container that a caller runs in itself. Programs in a container that make others beside it
// first ask the daemon where they are: which folder of the host each of theirs is, and whether this
// daemon runs them. That is told, the commands that prove it run, and nothing else of it is there.

import { BodyFault, type FieldRule, type Reading, readFields } from './body-field.ts';
import { command, consoleSize, flag, ignored, nothing } from './field-rules.ts';
import type { CallerPolicy } from './model.ts';
import { isArray, type Json, writeJson } from './strict-json.ts';
import { callerPath, isHidden } from './translate.ts';

/** Throws BodyFault. The command as it is listed, as who the container runs as. */
export function readOwnExec(
  value: Json,
  { own }: CallerPolicy,
  reading: Reading,
): Map<string, Json> {
  const body = readFields(value, '', fields, reading);
  const asked = body.get('Cmd') ?? null;
  const listed = own?.commands.find(
    (each) => isArray(asked) && writeJson(asked) === writeJson([...each]),
  );
  if (listed === undefined) {
    const says = 'In its own container a caller runs what the settings list, to the letter.';
    throw new BodyFault('docker-field-refused', 'Cmd', says);
  }
  return body.set('Cmd', [...listed]).set('Privileged', false);
}

const fields: Readonly<Record<string, FieldRule>> = {
  AttachStderr: flag,
  AttachStdin: nothing(),
  AttachStdout: flag,
  Cmd: command,
  ConsoleSize: consoleSize,
  Container: nothing(),
  Detach: ignored,
  DetachKeys: nothing(),
  Env: nothing(),
  Privileged: nothing(),
  Tty: nothing(),
  User: nothing(),
  WorkingDir: nothing(),
};

/** Its id, its memory folders, and of its folders those that the template binds. */
export function shapeOwnContainer(policy: CallerPolicy, inspected: unknown): unknown {
  const mounts = fieldOf(inspected, 'Mounts');
  return {
    Id: fieldOf(inspected, 'Id'),
    Mounts: (Array.isArray(mounts) ? mounts : []).flatMap((mount: unknown) => {
      const source = callerPath(policy, fieldOf(mount, 'Source'));
      if (fieldOf(mount, 'Type') !== 'bind' || isHidden(source)) return [];
      const [target, writable] = [fieldOf(mount, 'Destination'), fieldOf(mount, 'RW')];
      return [{ Type: 'bind', Source: source, Destination: target, RW: writable }];
    }),
    HostConfig: { Tmpfs: fieldOf(fieldOf(inspected, 'HostConfig'), 'Tmpfs') ?? null },
  };
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
