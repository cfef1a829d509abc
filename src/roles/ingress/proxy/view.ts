// What a program in place of our own server is told: the settings of the ingress with all that was
// read from files, and where it may keep things. Pure values: who renders reads nothing.

import type { IngressLive, IngressSettings } from '../settings.ts';

export interface ProxyView {
  readonly settings: IngressSettings;
  /** Who may connect and how often a client may ask, as now in force. */
  readonly live: IngressLive;
  /** The token of each route that asks for one, by its prefix. */
  readonly tokens: ReadonlyMap<string, string>;
  /** Its own folder, which nobody else reads: absolute. */
  readonly folder: string;
  /** Whether it is started as root, and would make itself somebody else. */
  readonly isRoot: boolean;
  /** As the program says it: `1.22.1`. */
  readonly version: string;
}
