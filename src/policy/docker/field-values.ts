// Bodies of custom rules: each value of the body must be one that the rule lists for its field.

import { BodyFault, shown } from './body-field.ts';
import type { FieldValue } from './model.ts';
import { isArray, isObject, type Json } from './strict-json.ts';

/** Fields by their path, `HostConfig.Memory`; an element of a list has its list's. */
export function readFieldsOf(
  value: Json,
  allowed: Readonly<Record<string, readonly FieldValue[]>>,
  field = '',
): Json {
  const next = (each: Json, path: string) => readFieldsOf(each, allowed, path);
  // An empty list may mean more than none: an empty MaskedPaths hides nothing.
  if (isArray(value) && value.length > 0) return value.map((each) => next(each, field));
  if (isObject(value) && (value.size > 0 || field === '')) {
    return new Map([...value].map(([key, each]) => [key, next(each, pathTo(field, key))]));
  }
  const values = Object.hasOwn(allowed, field) ? allowed[field] : undefined;
  if (values === undefined) {
    const says = 'The rule does not name this field.';
    throw new BodyFault('docker-field-unknown', field.slice(0, 128), says);
  }
  if (values.some((each) => each === value)) return value;
  const says = `The rule does not allow ${shown(value)}.`;
  throw new BodyFault('docker-field-refused', field, says);
}

function pathTo(field: string, key: string): string {
  if (key.includes('.')) {
    throw new BodyFault('docker-field-unknown', field, 'A name with a dot is no field of the API.');
  }
  return field === '' ? key : `${field}.${key}`;
}
