// The ulimits of a sandbox: of each that the template names, what was asked up to its most, and its
// most where nothing was asked.

import { BodyFault, type FieldRule, numberOf, readFields, textOf } from './body-field.ts';
import { isArray, type Json } from './strict-json.ts';

export function readUlimits(
  value: Json,
  template: readonly { readonly name: string; readonly max: number }[],
  field: string,
): readonly Json[] {
  const list = value ?? [];
  if (!isArray(list)) throw new BodyFault('docker-body-unclear', field, 'It must be a list.');
  const asked = new Map<string, { readonly soft: number; readonly hard: number }>();
  for (const each of list) {
    const limit = readFields(each, field, ulimitFields, { changes: [] });
    const name = textOf(limit.get('Name') ?? null, field);
    const hard = numberOf(limit.get('Hard') ?? null, field);
    const soft = numberOf(limit.get('Soft') ?? null, field);
    const max = template.find((known) => known.name === name)?.max;
    if (max === undefined) throw refused(field, `The template has no ulimit "${name}".`);
    if (asked.has(name)) throw refused(field, `The ulimit "${name}" is given twice.`);
    if (soft < 0 || hard > max || soft > hard) {
      throw refused(field, `The ulimit "${name}" may be up to ${max}, and -1 is without end.`);
    }
    asked.set(name, { soft, hard });
  }
  return template.map(({ name, max }) => {
    const { soft, hard } = asked.get(name) ?? { soft: max, hard: max };
    return new Map<string, Json>([
      ['Name', name],
      ['Soft', soft],
      ['Hard', hard],
    ]);
  });
}

const number: FieldRule = (value, field) => numberOf(value, field);

const ulimitFields: Readonly<Record<string, FieldRule>> = {
  Name: (value, field) => textOf(value, field),
  Soft: number,
  Hard: number,
};

const refused = (field: string, says: string) => new BodyFault('docker-field-refused', field, says);
