// An answer that was read whole, as a caller gets it: lists without what is others', secrets
// masked, errors without others' ids. What cannot be read is not given on.

import { shapeAnswer, shapeError } from '../../policy/docker/answer.ts';
import type { Call, CallerPolicy } from '../../policy/docker/model.ts';
import type { WholeAnswer } from './ask-daemon.ts';
import { type Inspected, parsed } from './resolve-reference.ts';

/**
 * Null when it cannot be read. The very bytes of the daemon where nothing is otherwise. `id` is
 * what the call was about.
 */
export function shapeWhole(
  policy: CallerPolicy,
  call: Call,
  answer: WholeAnswer | Inspected,
  id: string | null,
): Buffer | null {
  const { status } = answer.head;
  if (status >= 400) {
    // The head of an archive's answer has no body; neither has that of a HEAD.
    if (!call.scoped || call.method === 'HEAD') return answer.body;
    return jsonOf(shapeError(policy, id, parsed(answer.body)));
  }
  if (call.answer !== 'shaped' || status !== 200) return answer.body;
  const read = 'read' in answer ? answer.read : null;
  // Nothing but this value and what never changes of the caller goes into it.
  if (read !== null && read.shaped !== null) return read.shaped;
  const value = read === null ? parsed(answer.body) : read.value;
  if (value === null) return null;
  const shaped = shapeAnswer(policy, call, value);
  const body = shaped === value ? answer.body : jsonOf(shaped);
  if (read !== null) read.shaped = body;
  return body;
}

function jsonOf(value: unknown): Buffer | null {
  return value === null || value === undefined ? null : Buffer.from(`${JSON.stringify(value)}\n`);
}
