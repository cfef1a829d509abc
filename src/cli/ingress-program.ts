// Which version does the work of the ingress, where that is not our own server: what a version
// cannot do is for `check` to say.

import { ClincherError } from '../kit/error.ts';
import type { IngressProgram } from '../roles/ingress/settings.ts';
import type { ProgramOfIngress } from '../topology/model.ts';
import type { StackOptions } from '../topology/options.ts';
import { ingressProgramVersions } from '../topology/own-images.ts';
import { ingressProgramsHere } from './installation.ts';

export async function withProgramVersion(options: StackOptions): Promise<StackOptions> {
  const { ingress, driver } = options;
  if (ingress.program === undefined) return options;
  const { name } = ingress.program;
  const version = driver === 'embedded' ? await versionHere(name) : ingressProgramVersions[name];
  const program: ProgramOfIngress = { name, version };
  return { ...options, ingress: { ...ingress, program } };
}

/** Null where it is not on this machine, or does not run. */
async function versionHere(name: IngressProgram): Promise<string | null> {
  const { proxyPrograms, versionOf } = await import('../roles/ingress/proxy/programs.ts');
  try {
    return await versionOf(proxyPrograms[name], ingressProgramsHere()[name]);
  } catch (error) {
    if (error instanceof ClincherError && error.code === 'program-missing') return null;
    throw error;
  }
}
