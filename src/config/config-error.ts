// Every error of clincher.yaml in one, so that one run of the editor mends them all.

import { type Problem, ProblemsError } from '../kit/located/problem.ts';

export class ConfigError extends ProblemsError {
  constructor(file: string, problems: readonly Problem[]) {
    const fix = 'The keys and their meaning: docs/reference/config.md.';
    super('config-invalid', file, problems, fix);
    this.name = 'ConfigError';
  }
}
