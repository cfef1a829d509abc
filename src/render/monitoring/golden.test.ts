// The monitoring host's bundle, against the golden files in cases/monitoring.

import { caseOptions } from '../../testing/example-options.ts';
import { goldenCases } from '../../testing/golden.ts';
import { standardTopology } from '../../topology/standard.ts';
import { renderMonitoring } from './index.ts';

goldenCases(new URL('../../../cases/monitoring/', import.meta.url), (input) =>
  renderMonitoring(standardTopology(caseOptions(JSON.parse(input))), '/opt/clincher-monitor')
    .map(({ path, content }) => `# ${path}\n${content}`)
    .join('\n')
    .trimEnd(),
);
