// What the shape of the settings cannot say: whether each caller's rules can be followed.

import { policyFaults, policyOf, racedBinds } from '../../policy/docker/caller.ts';
import { dockerProxySettings } from './settings.ts';

const raced =
  'lets whoever writes in the folder bind what a link leads to; set `commandsOnly: true` in the ' +
  'template, or `unsafeLinks: true` here when nobody who gains from it can put a link there';

export const checkedDockerProxySettings = dockerProxySettings.superRefine((settings, context) => {
  const callers = new Set(settings.listen.map(({ caller }) => caller));
  for (const caller of Object.keys(settings.callers)) {
    if (callers.has(caller)) continue;
    context.addIssue({
      code: 'custom',
      path: ['callers', caller],
      message: `no listener is for the caller ${caller}`,
    });
  }
  for (const caller of callers) {
    const policy = policyOf(settings, caller);
    for (const message of policyFaults(policy)) {
      context.addIssue({ code: 'custom', path: ['listen'], message });
    }
    const isOwn = settings.callers[caller]?.template !== undefined;
    const template = isOwn ? ['callers', caller, 'template'] : ['template'];
    for (const index of racedBinds(policy)) {
      const path = [...template, 'binds', index, 'below'];
      context.addIssue({ code: 'custom', path, message: raced });
    }
  }
});
