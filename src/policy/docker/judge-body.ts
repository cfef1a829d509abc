// Judges the body of a call that judgeCall let through, and writes the one that is sent in its
// place.

import { BodyFault, type Reading } from './body-field.ts';
import { readCreate } from './create-body.ts';
import { customRuleOf } from './custom.ts';
import { readExecCreate, readExecStart } from './exec-body.ts';
import { readFieldsOf } from './field-values.ts';
import type { BodyVerdict, Call, CallerPolicy, JudgedBody, Template } from './model.ts';
import { readOwnExec } from './own-container.ts';
import { refuse } from './refusal.ts';
import { type Json, readStrictJson, writeJson } from './strict-json.ts';

/**
 * Not for bodies of kind `opaque`, which are passed on unread. `isOwn`: the call is about the
 * container that the caller runs in. Never throws.
 */
export function judgeBody(
  policy: CallerPolicy,
  call: Call,
  bytes: Buffer,
  isOwn = false,
): BodyVerdict {
  const { rule } = call;
  if (call.body === 'none') {
    return saysNothing(call, bytes)
      ? { ...nothingSent }
      : refuse(call.operation, 'docker-body-refused', { rule });
  }
  // An exec is started without a body by clients that want the defaults.
  const read = readStrictJson(bytes.length === 0 ? Buffer.from('{}') : bytes);
  if ('fault' in read) {
    const says = `The body can be read in two ways: ${read.fault}.`;
    return refuse(call.operation, 'docker-body-unclear', { says, rule });
  }
  const reading: Reading = { changes: [] };
  try {
    return {
      ...nothingSent,
      ...(isOwn && call.body === 'exec-create'
        ? { bytes: written(readOwnExec(read.value, policy, reading)), tty: false }
        : judgeValue(policy, call, read.value, reading)),
      changes: reading.changes,
    };
  } catch (error) {
    if (!(error instanceof BodyFault)) throw error;
    const { reason, field, message } = error;
    return refuse(call.operation, reason, { field, says: message, rule });
  }
}

/**
 * Whether the body of a call that has none is nothing, or the query said again, as dockerode does.
 */
export function saysNothing({ query }: Call, bytes: Buffer): boolean {
  if (/^\s*(?:\{\s*\}|null)?\s*$/.test(bytes.toString('latin1'))) return true;
  const read = readStrictJson(bytes);
  if ('fault' in read || !(read.value instanceof Map)) return false;
  return [...read.value.keys()].every((key) => query.some(([name]) => name === key));
}

const nothingSent: JudgedBody = {
  kind: 'body',
  bytes: Buffer.alloc(0),
  changes: [],
  binds: [],
  image: null,
  tty: null,
  detach: false,
};

function judgeValue(
  policy: CallerPolicy,
  call: Call,
  value: Json,
  reading: Reading,
): Partial<JudgedBody> {
  if (call.body === 'exec-start') {
    const body = readExecStart(value, reading);
    return {
      bytes: written(body),
      tty: body.get('Tty') === true,
      detach: body.get('Detach') === true,
    };
  }
  if (call.body === 'fields') {
    const rule = customRuleOf(policy, call);
    return { bytes: written(readFieldsOf(value, typeof rule?.body === 'object' ? rule.body : {})) };
  }
  const template = templateOf(policy);
  if (call.body === 'create') {
    const { body, binds, image } = readCreate(value, policy, template, reading);
    return { bytes: written(body), binds, image };
  }
  const body = readExecCreate(value, template, reading);
  return { bytes: written(body), tty: body.get('Tty') === true };
}

/** A caller whose calls are checked by a template has one: callerFaults. */
function templateOf({ template }: CallerPolicy): Template {
  if (template !== undefined) return template;
  throw new BodyFault('docker-field-refused', '', 'No template is set for this caller.');
}

function written(body: Json): Buffer {
  return Buffer.from(writeJson(body));
}
