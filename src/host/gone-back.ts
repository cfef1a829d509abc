// What a failed change says: what failed, and what became of the version that ran before.

import { ClincherError } from '../kit/error.ts';

/** `startBefore` starts that again. Resolves to what is to be thrown. */
export async function goneBack(
  error: unknown,
  startBefore: () => Promise<unknown>,
): Promise<unknown> {
  const outcome = await startBefore().then(
    () => 'The version that ran before runs again.',
    () => 'The version that ran before could not be started again either.',
  );
  if (!(error instanceof ClincherError)) return error;
  const { code, fix, cause, message } = error;
  const detail = fix === undefined ? { cause } : { fix, cause };
  return new ClincherError(code, `${message}\n${outcome}`, detail);
}
