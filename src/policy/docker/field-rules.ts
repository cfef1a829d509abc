// The kinds of rules that the fields of a body have, by what they let through.

import type { Reason } from '../reasons.ts';
import {
  BodyFault,
  type FieldRule,
  isEmpty,
  numberOf,
  shown,
  textOf,
  textsOf,
} from './body-field.ts';
import { isArray, type Json } from './strict-json.ts';

/** Left out; refused when it asks for anything. `or` are further ways to ask for nothing. */
export function nothing(
  reason: Reason = 'docker-field-refused',
  or: readonly Json[] = [],
): FieldRule {
  return (value, field) => {
    if (isEmpty(value) || or.includes(value)) return undefined;
    throw new BodyFault(reason, field, `The sandbox template does not give ${shown(value)}.`);
  };
}

/** Left out whatever it says: it is the client's own affair, or set by us in another way. */
export const ignored: FieldRule = () => undefined;

export const flag: FieldRule = (value, field) => {
  if (value === null || typeof value === 'boolean') return value ?? undefined;
  throw new BodyFault('docker-body-unclear', field, 'It must be true or false.');
};

export function text(pattern: RegExp, reason: Reason = 'docker-field-refused'): FieldRule {
  return (value, field) => {
    const asked = textOf(value, field);
    if (asked === '') return undefined;
    if (pattern.test(asked)) return asked;
    throw new BodyFault(reason, field, `The sandbox template does not give ${shown(value)}.`);
  };
}

export function numberUpTo(max: number, min = 0): FieldRule {
  return (value, field) => {
    const asked = numberOf(value, field);
    if (asked >= min && asked <= max) return asked === 0 ? undefined : asked;
    const says = `It must be from ${min} to ${max}, and ${asked} was asked for.`;
    throw new BodyFault('docker-field-refused', field, says);
  };
}

/** A list of texts of a bounded length, or one text, as commands are written. */
export const command: FieldRule = (value, field) => {
  if (value === null) return undefined;
  if (typeof value === 'string') return [value];
  const texts = textsOf(value, field);
  return texts.length === 0 ? undefined : texts;
};

/** Two sizes, which only a terminal minds. */
export const consoleSize: FieldRule = (value, field) => {
  const isPair =
    isArray(value) &&
    value.length === 2 &&
    value.every((n) => Number(n) >= 0 && Number(n) < 10_000);
  if (value === null || (isPair && value.every((n) => n === 0))) return undefined;
  if (isPair && value.every((n) => typeof n === 'number')) return value;
  throw new BodyFault('docker-body-unclear', field, 'It must be two numbers.');
};
