// What is said of a file or folder of the stack that cannot be written.

import { ClincherError } from '../kit/error.ts';

export function unusable(path: string, error: NodeJS.ErrnoException): ClincherError {
  if (error.code === 'ENOSPC') {
    return new ClincherError('disk-full', `${path} cannot be written: the disk is full`, {
      fix: 'Free some space on the disk that holds the state directory.',
      cause: error,
    });
  }
  return new ClincherError('state-unusable', `${path} cannot be used: ${error.message}`, {
    fix: 'Make the state directory one that you own and may write, or name another with --state DIR.',
    cause: error,
  });
}
