// What runs a model of the user's own for the cache, from npm at its pinned version. It brings its
// binaries for every system along, so it is installed only where such a model is configured.

import { onnxRuntimeVersion } from '../../topology/pins.ts';
import type { NpmPackage } from './npm-package.ts';

export const onnxRuntime: NpmPackage = {
  name: 'onnxruntime-node',
  version: onnxRuntimeVersion,
  title: 'the ONNX runtime',
  megabytes: 300,
  // Its own install script would fetch what computes on graphics cards.
  script: null,
  code: 'install-failed',
};
