// What the user's file says of the agent itself.

import type { Place } from '../kit/place.ts';
import type { AgentApi, AgentSettings, SecretSource } from './model.ts';

export interface AgentOptions {
  readonly program: 'openclaw';
  readonly version: string;
  /** Left out where nothing is said. */
  readonly apis?: Readonly<Record<string, AgentApi>>;
  /** Absolute; of hosts that the agent itself asks. */
  readonly caFile?: string;
  /** In its own words; left out where nothing is said. */
  readonly settings?: AgentSettingsOptions;
  readonly at: Place;
}

export interface AgentSettingsOptions extends Omit<AgentSettings, 'secrets'> {
  readonly secrets: readonly (AgentSettings['secrets'][number] & {
    readonly source: SecretSource;
  })[];
  readonly at: Place;
}
