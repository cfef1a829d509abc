// Asks a role how it is, from beside it: `node health.ts [--alive] SOCKET`. What a container's
// health check runs, where there is no shell to run one with: prints the answer, and exits with 0
// when ready; with --alive when there is an answer at all, for who is ended where it says no.

import { request } from 'node:http';

const waitMs = 4_000;

function say(text: string, code: number): void {
  process.stdout.write(text, () => process.exit(code));
}

const isAliveEnough = process.argv[2] === '--alive';
const socketPath = process.argv.at(-1) ?? '';
const asked = request({ socketPath, path: '/healthz', agent: false, timeout: waitMs }, (answer) => {
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  answer.on('end', () => say(text, isAliveEnough || answer.statusCode === 200 ? 0 : 1));
});
asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
asked.once('error', ({ code, message }: NodeJS.ErrnoException) => {
  const why =
    code === 'ENOENT'
      ? 'it has not opened its admin socket'
      : `its admin socket does not answer: ${code ?? message}`;
  say(JSON.stringify({ ready: false, detail: why }), 1);
});
asked.end();
