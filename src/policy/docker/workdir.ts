// Where a command starts: at or below one of the folders that the template names.

import { BodyFault, textOf } from './body-field.ts';
import type { Template } from './model.ts';
import { isAtOrBelow, isPlainPath } from './mounts.ts';
import type { Json } from './strict-json.ts';

export function checkWorkdir(value: Json, template: Template): string | undefined {
  const asked = textOf(value, 'WorkingDir');
  if (asked === '') return undefined;
  const isOurs = isPlainPath(asked) && template.workdirs.some((each) => isAtOrBelow(asked, each));
  if (isOurs) return asked;
  const says = `"${asked.slice(0, 128)}" is not below ${template.workdirs.join(', ')}.`;
  throw new BodyFault('docker-field-refused', 'WorkingDir', says);
}
