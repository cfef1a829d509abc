// What the shape of the settings cannot say: whether each caller's rules can be followed.

import { policyFaults, policyOf } from '../../policy/docker/caller.ts';
import { dockerProxySettings } from './settings.ts';

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
    for (const message of policyFaults(policyOf(settings, caller))) {
      context.addIssue({ code: 'custom', path: ['listen'], message });
    }
  }
});
