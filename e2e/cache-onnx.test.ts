// A model of the user's own for the cache, in the jail of llm as it is planned: with its memory,
// its processes and its filter of system calls, the two files and the runtime read-only.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { npmPackageRoot } from '../src/cli/install/npm-package.ts';
import { onnxRuntime } from '../src/cli/install/onnx-runtime.ts';
import { serveArgv } from '../src/cli/installation.ts';
import { Secret } from '../src/kit/secret.ts';
import { makePlan } from '../src/plan/make-plan.ts';
import { openEmbeddedWorld, repositoryRoot } from '../src/testing/embedded-world.ts';
import { exampleMachine } from '../src/testing/example-machine.ts';
import { exampleOptions } from '../src/testing/example-options.ts';
import { tempDir } from '../src/testing/temp-dir.ts';
import { tinyOnnx } from '../src/testing/tiny-onnx.ts';
import type { CacheOptions } from '../src/topology/options.ts';
import { secretMarks } from '../src/topology/secrets.ts';
import { standardTopology } from '../src/topology/standard.ts';

const onnxRoot = npmPackageRoot(join(repositoryRoot, '.cache'), onnxRuntime);
const skip = existsSync(onnxRoot) ? false : 'the ONNX runtime is not installed: run npm test';
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'cat', 'dog'];
const table = vocabulary.map((_, piece) => [piece, 1, 1]);

/** llm alone, as the plan has it, with a model of these bytes. */
async function start(model: Buffer) {
  const dir = tempDir();
  const files = { model: join(dir.path, 'model.onnx'), vocabulary: join(dir.path, 'vocab.txt') };
  writeFileSync(files.model, model);
  writeFileSync(files.vocabulary, vocabulary.join('\n'));
  const at = { file: 'clincher.yaml', line: 1, column: 1 };
  const cache: CacheOptions = {
    mode: 'semantic',
    ...{ ttlMs: 60_000, ttlMsMax: 60_000, at },
    embedding: { kind: 'onnx', ...files },
  };
  const topology = standardTopology(exampleOptions({ cache }));
  const { services } = makePlan(topology, exampleMachine({ onnxRoot }));
  const service = services.find(({ name }) => name === 'llm');
  assert.ok(service !== undefined);
  const secrets = async (name: string) => new Secret(name === secretMarks ? '[]' : 'vk-x');
  const world = await openEmbeddedWorld({ serveArgv, secrets });
  return {
    driver: world.driver,
    started: world.driver.apply({ kind: 'start', service }),
    async [Symbol.asyncDispose]() {
      await world.close();
      dir[Symbol.dispose]();
    },
  };
}

test('the model runs in the jail, and its files cannot be written there', { skip }, async () => {
  await using at = await start(tinyOnnx({ table }));
  await at.started;
  const observed = await at.driver.observe();
  assert.equal(observed.services[0]?.state, 'ready');
  const program = `
    import { accessSync, constants, readFileSync } from 'node:fs';
    const can = (path, how) => { try { accessSync(path, how); return true } catch { return false } };
    console.log(JSON.stringify(probeInput.map((path) =>
      [can(path, constants.R_OK), can(path, constants.W_OK)])));
  `;
  const paths = ['/run/clincher/embedding/model.onnx', '/opt/onnxruntime/package.json'];
  const said = await at.driver.probe('llm', program, paths, 20_000);
  assert.deepEqual(JSON.parse(said), [
    [true, false],
    [true, false],
  ]);
});

test('one that is none ends the start, and the log says why', { skip }, async () => {
  await using at = await start(Buffer.from('no model'));
  await assert.rejects(at.started, (error) => {
    assert.match(String(error), /the embedding cannot be had from .*model\.onnx/);
    return true;
  });
});
