// Events as a caller sees them: one line of JSON after another, each judged by itself, those about
// what is not the caller's left out.

import { shapeEvent } from '../../policy/docker/answer.ts';
import type { Call } from '../../policy/docker/model.ts';
import type { Exchange } from './exchange.ts';
import type { Shape } from './give-stream.ts';

const nothing = Buffer.alloc(0);

/** Lines longer than the limit are left out whole: what is not judged is not given on. */
export function shapedEvents({ context, state }: Exchange, call: Call): Shape {
  const { eventBytesMax } = context.settings.limits;
  let held: Buffer = nothing;
  let skipping = false;
  return (bytes) => {
    const kept: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, from)) {
      const line = Buffer.concat([held, bytes.subarray(from, at)]);
      from = at + 1;
      held = nothing;
      const event = skipping || line.length > eventBytesMax ? null : read(line);
      skipping = false;
      const shaped = event === null ? null : shapeEvent(state.policy, call, event);
      if (shaped !== null) kept.push(`${JSON.stringify(shaped)}\n`);
    }
    const rest = bytes.subarray(from);
    skipping ||= held.length + rest.length > eventBytesMax;
    held = skipping ? nothing : Buffer.concat([held, rest]);
    return kept.length === 0 ? null : Buffer.from(kept.join(''));
  };
}

const lineFeed = 0x0a;

function read(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return null;
  }
}
