// The stack that the preset `reference` is drawn after, with its own programs in place of ours: the
// same providers, models, budget and hosts in the words of LiteLLM, Smokescreen and Tecnativa's
// proxy. There to be run beside a stack of ours, and to be compared with it.

import type { Topology } from '../../topology/model.ts';
import { type BundleFile, yamlText } from '../monitoring/artefact.ts';
import { upstreamCompose } from './compose.ts';
import { litellmConfig } from './litellm.ts';
import { smokescreenAcl, smokescreenConfig, smokescreenDockerfile } from './smokescreen.ts';

/**
 * Pure; of a topology of the preset `reference`. No secret is in it.
 * @throws ClincherError `usage` where one of them has no words for what is declared
 */
export function renderUpstream(topology: Topology): readonly BundleFile[] {
  const litellm = litellmConfig(topology);
  const yaml = (path: string, value: unknown) => ({ path, content: yamlText(value) });
  return [
    { path: 'compose.yaml', content: upstreamCompose(litellm.variables) },
    yaml('config/litellm-config.yaml', litellm.config),
    yaml('config/smokescreen.yaml', smokescreenConfig),
    yaml('config/smokescreen-acl.yaml', smokescreenAcl(topology)),
    { path: 'build/smokescreen/Dockerfile', content: smokescreenDockerfile },
    { path: '.env.example', content: litellm.variables.map((name) => `${name}=\n`).join('') },
  ];
}
