// Serves what the environment asks for, until a signal.

import { ClincherError } from '../../kit/error.ts';
import { readEnvironment } from '../env.ts';
import { serveFrom } from '../serve.ts';
import { type TecnativaFlags, tecnativaSettings } from './tecnativa.ts';

/** Resolves to the exit code. @throws ClincherError `usage`, before it starts */
export async function serveTecnativa(flags: TecnativaFlags): Promise<number> {
  const raw = tecnativaSettings(flags, readEnvironment().variables);
  const refused = async () => new ClincherError('usage', 'the flags do not fit together');
  return serveFrom(async () => ({ role: 'docker-proxy', raw, refused }));
}
