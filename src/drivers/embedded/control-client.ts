// Asks the supervisor over its control socket.

import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { codes, type ErrorCode } from '../../kit/codes.ts';
import { ClincherError } from '../../kit/error.ts';
import type { ControlAnswer, ControlRequest, SupervisorView } from './messages.ts';

const answerBytesMax = 16 * 1024 * 1024;

/**
 * Null when no supervisor listens. The answer may take as long as a start takes.
 * @throws ClincherError whatever the supervisor refused with
 */
export async function askSupervisor(
  control: string,
  request: ControlRequest,
): Promise<{ readonly view: SupervisorView | null } | null> {
  const text = await exchange(control, `${JSON.stringify(request)}\n`);
  if (text === null) return null;
  if (text === '') {
    throw new ClincherError('not-running', 'the supervisor ended before it answered', {
      fix: 'Its own log says why: logs/supervisor.log in the state directory.',
    });
  }
  const answer = JSON.parse(text) as ControlAnswer;
  if (answer.ok) return { view: answer.view };
  const code: ErrorCode = answer.code in codes ? (answer.code as ErrorCode) : 'system-refused';
  throw new ClincherError(
    code,
    answer.message,
    answer.fix === undefined ? {} : { fix: answer.fix },
  );
}

async function exchange(control: string, line: string): Promise<string | null> {
  let folder: number;
  try {
    folder = openSync(dirname(control), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(control, error);
  }
  const socket = connect(join('/proc/self/fd', String(folder), basename(control)));
  try {
    socket.write(line);
    let text = '';
    for await (const chunk of socket.setEncoding('utf8')) {
      text += chunk;
      if (text.length > answerBytesMax) throw new Error('the answer of the supervisor is too long');
    }
    return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return null;
    if (code === 'ECONNRESET' || code === 'EPIPE') return '';
    if (code === 'EACCES') throw unusable(control, error);
    throw error;
  } finally {
    socket.destroy();
    closeSync(folder);
  }
}

function unusable(control: string, cause: unknown): ClincherError {
  return new ClincherError('state-unusable', `${control} may not be opened by this user`, {
    fix: 'Run as the user who started the stack.',
    cause,
  });
}
