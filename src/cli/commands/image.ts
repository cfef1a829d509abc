// `clincher image`: container images made on this machine, without a registry or a Dockerfile; how
// they are carried to another; and images of a registry, pinned.

import { Command } from 'commander';
import { ownImages } from '../../topology/own-images.ts';
import { withExamples } from '../flags.ts';

interface Json {
  readonly json?: boolean;
}

export function imageCommand(): Command {
  const command = new Command('image')
    .description('the container images: made here, carried, or pulled by their digest')
    .enablePositionalOptions();
  for (const each of [build(), list(), save(), load(), pull(), parts()]) command.addCommand(each);
  const names = Object.entries(ownImages).map(([name, what]) => `  ${name.padEnd(16)}${what}`);
  command.addHelpText('after', ['', 'Images:', ...names].join('\n'));
  return withExamples(command, [
    'clincher image build                       what a stack runs in',
    'clincher image save images.tar.gz          for a machine without a network, where:',
    'clincher image load images.tar.gz          checked, and into its Docker',
    'clincher image parts roles > roles.cdx.json',
  ]);
}

function build(): Command {
  const command = new Command('build')
    .description('make images; what is unchanged is not made again')
    .argument('[names...]', 'which (default: roles, openclaw, sandbox)')
    .option('--json', 'what was made, as JSON')
    .action(async (names: readonly string[], { json = false }: Json) => {
      const { buildImages } = await import('../image/build.ts');
      await buildImages(names, json);
    });
  return withExamples(command, ['clincher image build', 'clincher image build redis prometheus']);
}

function list(): Command {
  const command = new Command('list')
    .alias('ls')
    .description('what has been made, and whether Docker has it')
    .option('--json', 'as JSON')
    .action(async ({ json = false }: Json) => {
      const { output } = await import('../output.ts');
      const { listImages } = await import('../image/list.ts');
      const { imageLines } = await import('../image/text.ts');
      const images = await listImages();
      if (json) output.json(images);
      else for (const line of imageLines(images)) output.line(line);
    });
  return withExamples(command, ['clincher image list', 'clincher image list --json']);
}

function save(): Command {
  const command = new Command('save')
    .description('write images into one file, compressed if its name ends in gz')
    .argument('<file>')
    .argument('[names...]', 'which (default: all that have been made)')
    .action(async (file: string, names: readonly string[]) => {
      const { saveImages } = await import('../image/carry.ts');
      await saveImages(file, names);
    });
  return withExamples(command, [
    'clincher image save images.tar.gz',
    'clincher image save roles.tar roles',
  ]);
}

function load(): Command {
  const command = new Command('load')
    .description('check every digest of a saved file, keep its images, put them into Docker')
    .argument('[file]', 'written by image save (default: what has been made here)')
    .option('--no-docker', 'keep them only')
    .action(async (file: string | undefined, flags: { readonly docker: boolean }) => {
      const { loadImages } = await import('../image/carry.ts');
      await loadImages(file, flags);
    });
  return withExamples(command, [
    'clincher image load images.tar.gz',
    'clincher image load                   what image build made, into Docker',
  ]);
}

function pull(): Command {
  const command = new Command('pull')
    .description('pull images from a registry, by their digest only')
    .argument('<references...>', 'NAME@sha256:DIGEST')
    .action(async (references: readonly string[]) => {
      const { output } = await import('../output.ts');
      const { pullPinned } = await import('../../images/pull.ts');
      const { runCommand } = await import('../../kit/run-command.ts');
      for (const each of references) output.line(await pullPinned(each, { run: runCommand }));
    });
  return withExamples(command, ['clincher image pull registry.example/redis@sha256:0123...']);
}

function parts(): Command {
  const command = new Command('parts')
    .alias('sbom')
    .description('what an image is made of, as CycloneDX 1.6')
    .argument('<name>')
    .action(async (name: string) => {
      const { partsOf } = await import('../image/parts.ts');
      const { output } = await import('../output.ts');
      output.json(await partsOf(name));
    });
  return withExamples(command, ['clincher image parts openclaw > openclaw.cdx.json']);
}
