// What may be asked of the SSH sandbox: to sign in with the one key, and to run commands. What else
// SSH can do is named here, so that it is refused for a reason and not for being unknown.

import type { Decision } from './decision.ts';
import type { Reason } from './reasons.ts';

export interface SignIn {
  readonly method: string;
  readonly user: string;
  /** The key that was offered is the one we gave out; false where none was. */
  readonly isOurKey: boolean;
  /** Null in the question that comes before: would this key do? */
  readonly isSigned: boolean | null;
}

/**
 * The user's name is the scope: which folders the commands see. The key is asked first, so that
 * nobody without it learns which scopes there are.
 */
export function judgeSignIn(signIn: SignIn, scopes: readonly string[]): Decision {
  const { method, user, isOurKey, isSigned } = signIn;
  if (method !== 'publickey') return no('ssh-method-refused');
  if (!isOurKey || isSigned === false) return no('ssh-key-wrong');
  if (!scopes.includes(user)) return no('ssh-scope-unknown');
  return yes(`scope ${user}`);
}

const forwards = new Set([
  'direct-tcpip',
  'direct-streamlocal',
  'tcpip-forward',
  'cancel-tcpip-forward',
  'streamlocal-forward@openssh.com',
  'cancel-streamlocal-forward@openssh.com',
  'x11-req',
  'auth-agent-req@openssh.com',
]);

/** What SSH calls a request or a channel, by its name in the protocol (RFC 4254). */
export function judgeRequest(kind: string): Decision {
  if (kind === 'exec' || kind === 'pty-req') return yes(kind);
  return no(forwards.has(kind) ? 'ssh-forward-refused' : 'ssh-request-refused');
}

export function judgeCommand(command: string, bytesMax: number): Decision {
  const isWhole = command !== '' && !command.includes('\0');
  return isWhole && Buffer.byteLength(command) <= bytesMax
    ? yes('exec')
    : no('ssh-command-refused');
}

export interface CommandSummary {
  /** File name of the first program. */
  readonly program: string;
  /** What OpenClaw calls its own steps: `openclaw-sandbox-upload`; null for any other. */
  readonly step: string | null;
  readonly commandBytes: number;
}

/** What of a command may be written down: no argument, because one may be a secret. */
export function summaryOf(command: string): CommandSummary {
  const first = /^\s*(?:'([^']*)'|"([^"]*)"|([^\s'";|&()<>]+))/.exec(command);
  const path = first?.[1] ?? first?.[2] ?? first?.[3] ?? '';
  const name = path.split('/').at(-1) ?? '';
  const step = /(?:^|[\s/'])(openclaw-[a-z]+(?:-[a-z]+)*)(?=['\s-])/.exec(command)?.[1] ?? null;
  return {
    // Not a variable before the program (`TOKEN=... curl`), which is an argument, too.
    program: /^[\w.+-]{1,32}$/.test(name) ? name : 'other',
    step: step !== null && steps.has(step) ? step : null,
    commandBytes: Buffer.byteLength(command),
  };
}

/** A closed set: what an agent makes up is not repeated in a record. */
const steps = new Set([
  'openclaw-sandbox-check',
  'openclaw-sandbox-clear',
  'openclaw-sandbox-exec',
  'openclaw-sandbox-exec-cleanup',
  'openclaw-sandbox-exec-stage',
  'openclaw-sandbox-fs',
  'openclaw-sandbox-remove',
  'openclaw-sandbox-stage',
  'openclaw-sandbox-upload',
  'openclaw-validate-workdir',
]);

function yes(rule: string): Decision {
  return { verdict: 'allow', reason: 'allowed', rule };
}

function no(reason: Reason): Decision {
  return { verdict: 'deny', reason, rule: null };
}
