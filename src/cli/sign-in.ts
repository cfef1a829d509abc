// Asks the agent, inside its jail, for a one-time owner link, and leads it through the ingress.
// Source: docs/cli/dashboard.md in OpenClaw's package.

import { ClincherError } from '../kit/error.ts';
import { agentCommand, agentEnvironment } from '../plan/gateway-plan.ts';
import { output } from './output.ts';
import { readRecord } from './record.ts';
import { openDriver, requireRunning } from './running.ts';

const gateway = 'gateway';
/** The agent's command line loads as slowly as the agent: some 30 s on a busy small machine. */
const deadlineMs = 120_000;

/**
 * Runs inside: the agent's own command, whose answer holds a secret and so goes nowhere but back.
 */
const program = `
import { spawnSync } from 'node:child_process';
const [command, ...args] = probeInput.argv;
const options = { env: probeInput.env, encoding: 'utf8', timeout: probeInput.timeoutMs };
const { status, stdout } = spawnSync(command, args, options);
process.stdout.write(JSON.stringify({ status, stdout }));
`;

/** @throws ClincherError `usage` where stdout is no terminal, `not-running`, `agent-refused` */
export async function printSignIn(stateDir: string, raw: boolean): Promise<void> {
  if (!raw && !output.isTerminal()) {
    throw new ClincherError('usage', 'the sign-in link is printed to a terminal only', {
      fix: 'clincher sign-in --raw prints it anywhere; do not let it into a log.',
    });
  }
  await using driver = await openDriver(stateDir);
  await requireRunning(driver, gateway);
  const argv = [...agentCommand, 'dashboard', '--json'];
  const input = { argv, env: agentEnvironment, timeoutMs: deadlineMs - 5_000 };
  const answer = await driver.probe(gateway, program, input, deadlineMs);
  output.line(signInLink(spokenBy(answer), await originOf(stateDir)));
}

/** What the agent's command printed; empty when something else in its jail has answered for it. */
export function spokenBy(answer: string): string {
  try {
    const { stdout } = JSON.parse(answer);
    return typeof stdout === 'string' ? stdout : '';
  } catch {
    return '';
  }
}

/**
 * The agent names its own localhost in the link; people come through the ingress.
 * @throws ClincherError `agent-refused` when the agent's answer holds no link
 */
export function signInLink(answer: string, origin: string): string {
  const fragment = fragmentOf(answer);
  if (fragment === null) {
    throw new ClincherError('agent-refused', 'the agent gave no sign-in link', {
      fix: 'It does once it is ready: clincher status; clincher logs gateway',
    });
  }
  const words = new URLSearchParams(fragment);
  words.set('gatewayUrl', origin.replace(/^https:/, 'wss:'));
  return `${origin}/#${words}`;
}

function fragmentOf(answer: string): string | null {
  const json = answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
  try {
    const { browserUrl } = JSON.parse(json);
    return new URL(browserUrl).hash.slice(1) || null;
  } catch {
    return null;
  }
}

async function originOf(stateDir: string): Promise<string> {
  const ingress = (await readRecord(stateDir))?.topology.services.find(
    ({ run }) => run.role === 'ingress',
  );
  if (ingress?.run.role === 'ingress') return ingress.run.rules.origin;
  throw new ClincherError('not-running', 'nothing was brought up from this state directory', {
    fix: 'Start it with: clincher up',
  });
}
