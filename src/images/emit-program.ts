// Our program as JavaScript: what the compiler makes of src/, with what lies beside it, as files of
// an image.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClincherError } from '../kit/error.ts';
import type { runCommand } from '../kit/run-command.ts';
import type { LayerContent } from './image.ts';
import { treeFiles } from './tree.ts';

export interface ProgramPlace {
  /** The folder that holds src/ and node_modules/. */
  readonly program: string;
  readonly node: string;
  readonly run: typeof runCommand;
}

const deadlineMs = 300_000;
const forTests = ['src/**/*.test.ts', 'src/testing'];

/** @throws ClincherError `image-input` */
export async function emitProgram(place: ProgramPlace, into: string): Promise<LayerContent> {
  const folder = await mkdtemp(join(tmpdir(), 'clincher-emit-'));
  const discard = () => rm(folder, { recursive: true, force: true });
  try {
    await compile(place, folder);
    const emitted = await treeFiles(join(folder, 'out'), into);
    const beside = await treeFiles(join(place.program, 'src'), `${into}/src`, isData);
    return { files: [...emitted, ...beside], parts: [], discard };
  } catch (error) {
    await discard();
    throw error;
  }
}

/** What lies beside the source and is not source; folders come with what is in them. */
function isData(path: string): boolean {
  return /\.[a-z]+$/.test(path) && !path.endsWith('.ts') && !path.startsWith('testing/');
}

async function compile(place: ProgramPlace, folder: string): Promise<void> {
  const { program } = place;
  const settings = {
    extends: join(program, 'tsconfig.json'),
    compilerOptions: {
      ...{ noEmit: false, outDir: join(folder, 'out'), rootDir: program },
      ...{ rewriteRelativeImportExtensions: true, removeComments: true },
      // Whether its types are right is for the tests to say, not for each image.
      ...{ noCheck: true, types: [] },
    },
    include: [join(program, 'src')],
    exclude: forTests.map((pattern) => join(program, pattern)),
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  const compiler = join(program, 'node_modules/typescript/bin/tsc');
  const command = [place.node, compiler, '--project', folder];
  const { code, tail } = await place.run(command, { cwd: program, deadlineMs });
  if (code === 0) return;
  throw new ClincherError('image-input', `our program could not be compiled:\n${tail}`, {
    fix: 'Start clincher by its launcher, ./clincher: it installs the compiler.',
  });
}
