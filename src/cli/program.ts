// Every command, in the order people meet them. Adding one is one file in commands/ and one line
// here; a command's file says what it takes and imports what it does only when it is run.

import { Command, CommanderError } from 'commander';
import { ClincherError } from '../kit/error.ts';
import { blastCommand } from './commands/blast.ts';
import { cacheCommand } from './commands/cache.ts';
import { checkCommand } from './commands/check.ts';
import { cloudflareCommand } from './commands/cloudflare.ts';
import { deployCommand } from './commands/deploy.ts';
import { dockerProxyCommand } from './commands/docker-proxy.ts';
import { downCommand } from './commands/down.ts';
import { egressCommand } from './commands/egress.ts';
import { hostCommand } from './commands/host.ts';
import { imageCommand } from './commands/image.ts';
import { initCommand } from './commands/init.ts';
import { keysCommand } from './commands/keys.ts';
import { kumaCommand } from './commands/kuma.ts';
import { llmCommand } from './commands/llm.ts';
import { logsCommand } from './commands/logs.ts';
import { monitorCommand } from './commands/monitor.ts';
import { openclawCommand } from './commands/openclaw.ts';
import { planCommand } from './commands/plan.ts';
import { renderCommand } from './commands/render.ts';
import { renewCommand } from './commands/renew.ts';
import { restartCommand } from './commands/restart.ts';
import { sandboxCommand } from './commands/sandbox.ts';
import { schemaCommand } from './commands/schema.ts';
import { secretCommand } from './commands/secret.ts';
import { serveCommand } from './commands/serve.ts';
import { serviceCommand } from './commands/service.ts';
import { signInCommand } from './commands/sign-in.ts';
import { spendCommand } from './commands/spend.ts';
import { statusCommand } from './commands/status.ts';
import { swarmCommand } from './commands/swarm.ts';
import { tokenCommand } from './commands/token.ts';
import { topologyCommand } from './commands/topology.ts';
import { upCommand } from './commands/up.ts';
import { verifyCommand } from './commands/verify.ts';
import { whyCommand } from './commands/why.ts';
import { version } from './version.ts';

/**
 * Runs one command line. Failures are thrown as ClincherError; a command whose answer is no sets
 * the exit code.
 */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = makeProgram();
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    const [what = '', ...more] = error.message.replace(/^error: /, '').split('\n');
    const nearest = more.join(' ').replace(/[()]/g, '');
    throw new ClincherError('usage', what, {
      fix: `${nearest === '' ? '' : `${nearest} `}Try: clincher --help`,
    });
  }
}

export function makeProgram(): Command {
  const program = new Command('clincher')
    .description(
      'Runs a self-hosted AI agent that can do its work and nothing else, and proves it.',
    )
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .addHelpText('after', '\nStart here:\n  clincher up --demo     try it: no key, no internet\n');
  const commands = [
    upCommand(),
    statusCommand(),
    logsCommand(),
    restartCommand(),
    renewCommand(),
    downCommand(),
    verifyCommand(),
    checkCommand(),
    planCommand(),
    topologyCommand(),
    renderCommand(),
    whyCommand(),
    blastCommand(),
    egressCommand(),
    sandboxCommand(),
    imageCommand(),
    llmCommand(),
    spendCommand(),
    cacheCommand(),
    keysCommand(),
    cloudflareCommand(),
    monitorCommand(),
    kumaCommand(),
    deployCommand(),
    hostCommand(),
    swarmCommand(),
    initCommand(),
    schemaCommand(),
    secretCommand(),
    signInCommand(),
    tokenCommand(),
    openclawCommand(),
    serviceCommand(),
    serveCommand(),
    dockerProxyCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return quiet(program);
}

/** Commander neither prints errors nor ends the process: main.ts does both, once. */
function quiet(command: Command): Command {
  command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, outputError: () => undefined });
  for (const child of command.commands) quiet(child);
  return command;
}
