// The command line's first file: keeps the start quick and turns every error into one message and
// one exit code.

import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { readEnvironment } from './env.ts';

// What is compiled once is not compiled again; a cache that cannot be written is simply not there.
enableCompileCache(join(readEnvironment().program, '.cache', 'compile'));
const { endQuietlyWhenReaderLeaves, reportError } = await import('./output.ts');
endQuietlyWhenReaderLeaves();
process.on('uncaughtException', (error) => process.exit(reportError(error)));
process.on('unhandledRejection', (error) => process.exit(reportError(error)));
try {
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv.slice(2));
} catch (error) {
  // Not merely the exit code: what was under way when it failed must not keep the process.
  process.exit(reportError(error));
}
