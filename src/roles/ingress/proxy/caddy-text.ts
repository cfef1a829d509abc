// A value of the user's in Caddy's file: JSON keeps it one string, and braces in it would be names
// of what Caddy puts in their place.

import { ClincherError } from '../../../kit/error.ts';

/** @throws ClincherError `settings-invalid` for braces, in which Caddy looks for names */
export function plain(value: string): string {
  if (!/[{}\0]/.test(value)) return value;
  throw new ClincherError('settings-invalid', `Caddy cannot be told ${JSON.stringify(value)}`, {
    fix: 'Use a name without braces.',
  });
}
