// `clincher render`: what is declared, as files of another program.

import { Command } from 'commander';
import type { IngressProgram } from '../../roles/ingress/settings.ts';
import { type StackFlags, stateDirOf, withExamples, withStack, withState } from '../flags.ts';
import type { RenderIngressFlags } from '../render-ingress.ts';
import type { KubernetesFlags } from '../render-kubernetes.ts';
import type { RenderMonitoringFlags } from '../render-monitoring.ts';
import type { SwarmFlags } from '../render-swarm.ts';

export function renderCommand(): Command {
  const command = new Command('render').description(
    'what is declared, as files of another program',
  );
  command.addCommand(composeCommand());
  command.addCommand(kubernetesCommand());
  command.addCommand(swarmCommand());
  command.addCommand(monitoringCommand());
  command.addCommand(upstreamCommand());
  for (const name of ['nginx', 'caddy'] as const) command.addCommand(ingressCommand(name));
  return command;
}

function ingressCommand(name: IngressProgram): Command {
  const command = withStack(new Command(name))
    .description(`what ${name} is told to stand in the place of the ingress, on this host`)
    .option('--out <dir>', `write it there, with its token, once ${name} finds nothing wrong`)
    .action(async (flags: RenderIngressFlags) => {
      const { renderIngress } = await import('../render-ingress.ts');
      await renderIngress(name, flags, stateDirOf(flags));
    });
  return withExamples(command, [
    `clincher render ${name}                      to read`,
    `clincher render ${name} --out /srv/${name}     to run it yourself; to have it run: ingress: ${name}`,
  ]);
}

function composeCommand(): Command {
  const command = withStack(new Command('compose'))
    .description('a Compose file; with --out also what each service is told')
    .option('--out <dir>', 'write compose.yaml and its folders there, secrets left to you')
    .action(async (flags: StackFlags & { readonly out?: string }) => {
      const { renderCompose } = await import('../render-compose.ts');
      await renderCompose({ driver: 'docker', ...flags }, stateDirOf(flags), flags.out ?? null);
    });
  return withExamples(command, [
    'clincher render compose > compose.yaml',
    'clincher render compose --out deploy    then, in there: docker compose up --detach',
  ]);
}

function upstreamCommand(): Command {
  const command = withStack(new Command('upstream'))
    .description(
      'the stack that the preset `reference` is drawn after, with its own programs: ' +
        "LiteLLM, Smokescreen, Tecnativa's proxy, Redis",
    )
    .option('--out <dir>', 'write its files there, in place of printing them')
    .action(async (flags: StackFlags & { readonly out?: string }) => {
      const { renderUpstream } = await import('../render-upstream.ts');
      await renderUpstream(flags, flags.out ?? null);
    });
  return withExamples(command, [
    'clincher render upstream                     to read, beside `clincher blast --compare`',
    'clincher render upstream --out upstream      then, in there: docker compose up --detach',
  ]);
}

function kubernetesCommand(): Command {
  const command = withState(new Command('kubernetes'))
    .description(
      'manifests of a cluster, with a policy for each edge, tried before they are printed',
    )
    .option('--demo', 'as declared by `up --demo`: a bundled local provider takes every call')
    .option('--namespace <name>', 'of its own, and nothing else in it', 'clincher')
    .option(
      '--service-addresses <range>',
      "a part of the cluster's service addresses that nobody else has",
      '10.96.192.0/24',
    )
    .option('--registry <name>', 'where you pushed the images: registry.example.com')
    .option('--cilium', 'hold the way out to names too, with a policy of Cilium')
    .action(async (flags: KubernetesFlags) => {
      const { renderKubernetes } = await import('../render-kubernetes.ts');
      await renderKubernetes(flags, stateDirOf(flags));
    });
  return withExamples(command, [
    'clincher render kubernetes --registry registry.example.com > clincher-stack.yaml',
    'clincher render kubernetes --cilium --service-addresses 10.43.200.0/24 | kubectl apply -f -',
  ]);
}

function swarmCommand(): Command {
  const command = withState(new Command('swarm'))
    .description('a stack of Swarm, with an encrypted network for each edge, over several nodes')
    .option('--demo', 'as declared by `up --demo`: a bundled local provider takes every call')
    .option('--name <name>', 'of the stack', 'clincher')
    .option('--unencrypted', 'between the nodes, where a kernel has no ESP and the wire is yours')
    .option('--out <dir>', 'write all that it needs there, secrets too, and say the commands')
    .action(async (flags: SwarmFlags) => {
      const { renderSwarm } = await import('../render-swarm.ts');
      await renderSwarm(flags, stateDirOf(flags));
    });
  return withExamples(command, [
    'clincher render swarm                to read',
    'clincher render swarm --out swarm    then, in there, the commands that it says',
  ]);
}

function monitoringCommand(): Command {
  const command = withStack(new Command('monitoring'))
    .description('what the monitoring host is told; with --out also the secrets it holds')
    .option('--out <dir>', 'write the bundle there, in place of printing it')
    .option('--at <dir>', 'where it will be on that host (default: /opt/clincher-monitor)')
    .action(async (flags: RenderMonitoringFlags) => {
      const { renderMonitoring } = await import('../render-monitoring.ts');
      await renderMonitoring(flags, stateDirOf(flags));
    });
  return withExamples(command, [
    'clincher render monitoring                    to read',
    'clincher render monitoring --out monitor      to copy to /opt/clincher-monitor there',
  ]);
}
