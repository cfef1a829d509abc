// Who runs in a sandbox: the template's user, whoever was asked for.

import { BodyFault, fix, type Reading, textOf } from './body-field.ts';
import type { Template } from './model.ts';
import type { Json } from './strict-json.ts';

/** Numbers that are not root are answered by the template's; names and root are refused. */
export function fixUser(
  asked: Json,
  template: Template,
  read: Map<string, Json>,
  reading: Reading,
): void {
  const user = textOf(asked, 'User');
  if (user !== '' && !/^[1-9][0-9]{0,8}(?::[1-9][0-9]{0,8})?$/.test(user)) {
    const says = `"${user.slice(0, 64)}" was asked for; a sandbox runs as ${template.user}.`;
    throw new BodyFault('docker-user-refused', 'User', says);
  }
  fix(reading, read, 'User', asked, template.user);
}
