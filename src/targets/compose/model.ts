// What a Compose file is written from: the plan of each service, and where on the host its files
// are.

import type { KeptFolder, ServicePlan } from '../../plan/model.ts';

export interface ComposeStack {
  /** Of the project: Docker puts it before the name of everything it makes. */
  readonly project: string;
  readonly services: readonly ComposeService[];
  readonly engine: EngineFeatures;
}

/** What newer engines have; an older one refuses to be asked for it. */
export interface EngineFeatures {
  /** From 25.0: a quick check of health until the first that passes. */
  readonly startInterval: boolean;
}

export interface ComposeService {
  readonly plan: ServicePlan;
  /** What runs: an absolute program and its arguments. */
  readonly argv: readonly string[];
  /** What asks the admin socket, whose path is its last argument: exits with 0 when ready. */
  readonly health: readonly string[];
  /** Folder with settings.json, secrets/NAME and files/N; relative to the Compose file. */
  readonly told: string;
  /** Of the secrets that it holds, those that have a value: a file each. */
  readonly secrets: readonly string[];
  /** Folder that it keeps; null when it keeps none. */
  readonly state: string | null;
  readonly folders: readonly (KeptFolder & { readonly source: string })[];
}

/** The label by which the containers of a stack are found; with what each was made from. */
export const labels = {
  service: 'clincher.service',
  hash: 'clincher.hash',
  told: 'clincher.told',
} as const;

/** For the resolver of whoever looks up no names; beside the Compose file. */
export const noNamesFile = 'no-names.conf';
export const noNames = 'hosts: files\n';

/** The name of a rendered file that holds a secret's value, or of one that does not. */
export function holdsSecret(content: string): boolean {
  return content.includes('{{secret:');
}
