// Where people talk to the agent: each channel has its way out, and not everybody may speak.

import { type ChannelAccount, channelAccounts } from '../policy/agent-channels.ts';
import { decide, egressPolicy } from '../policy/egress.ts';
import type { Check, Fault } from './check.ts';
import type { TopologyView } from './view.ts';

export const agentChannels: Check = {
  id: 'agent-channels',
  invariant: 'Each channel of the agent can reach its host, and only people who were let in speak.',
  because:
    'Whoever may write to the agent may tell it what to do, with every right that it has; a channel ' +
    'without its host is silent.',
  *find(view) {
    for (const { name, run, at } of view.topology.services) {
      if (run.role !== 'gateway' || run.settings === undefined) continue;
      for (const account of channelAccounts(run.settings.values)) {
        for (const fault of faultsOf(account, view)) yield { ...fault, about: name, at };
      }
    }
  },
};

function faultsOf(
  account: ChannelAccount,
  view: TopologyView,
): Pick<Fault, 'severity' | 'message' | 'fix'>[] {
  const { path, settings, host, port } = account;
  const severity = 'warning';
  const open = ['dmPolicy', 'groupPolicy'].filter((key) => settings[key] === 'open');
  const faults = open.map(
    (key) =>
      ({
        severity,
        message: `${path}.${key} is open: anybody can tell the agent what to do`,
        fix: `Take ${key} out: then only who was let in by name or by pairing is heard.`,
      }) as const,
  );
  if (mayReach(view, host, port)) return faults;
  const ports = port === 443 ? '' : `, ports: [${port}]`;
  const message = `${path} calls ${host}, which egress does not let the agent reach`;
  const fix = `Write under egress.rules: - { caller: gateway, hosts: [${host}]${ports} }`;
  return [...faults, { severity, message, fix }];
}

function mayReach({ topology }: TopologyView, host: string, port: number): boolean {
  return topology.services.some(({ run }) => {
    if (run.role !== 'egress') return false;
    const { rules, unsafeAllowAddresses } = run.rules;
    const policy = egressPolicy(rules, unsafeAllowAddresses, [], run.rules);
    return decide(policy, { caller: 'gateway', host, port }).verdict === 'allow';
  });
}
