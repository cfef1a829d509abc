// A stack that clincher did not make, as its Compose file tells it: services, what they are given,
// and the networks between them. Only what bears on who reaches what, and with which rights.

import type { Place } from '../kit/place.ts';

export interface FoundSetting {
  readonly name: string;
  /** Null: it comes from somewhere that was not read. */
  readonly value: string | null;
  /** With its variables: two that are written alike are the same. */
  readonly written: string;
  readonly at: Place;
}

export interface FoundPort {
  /** Empty for every address of the host. */
  readonly host: string;
  /** As written; empty for one that Docker chooses. */
  readonly published: string;
  readonly target: string;
  readonly at: Place;
}

export interface FoundMount {
  /** A path of the host for a bind, else the volume's name. */
  readonly source: string;
  readonly target: string;
  readonly kind: 'bind' | 'volume' | 'tmpfs';
  readonly readOnly: boolean;
  readonly at: Place;
}

export interface FoundService {
  readonly name: string;
  readonly at: Place;
  readonly image: string;
  /** Entrypoint and command, word by word. */
  readonly words: readonly string[];
  readonly settings: readonly FoundSetting[];
  /** Paths of its files of variables. */
  readonly variableFiles: readonly string[];
  readonly ports: readonly FoundPort[];
  readonly mounts: readonly FoundMount[];
  /** Names of secrets that it is given as files. */
  readonly secrets: readonly string[];
  /** `host`, `none`, `service:NAME`, `container:NAME`; null for networks. */
  readonly networkMode: string | null;
  readonly networks: readonly string[];
  /** What else it says, by key: lists and maps as Compose's short forms have them. */
  readonly lists: Readonly<Record<ListKey, readonly string[]>>;
  readonly texts: Readonly<Record<TextKey, string>>;
  readonly flags: Readonly<Record<FlagKey, boolean>>;
  readonly healthcheck: readonly string[];
  /** Whether anything bounds its memory, and its processes. */
  readonly limits: { readonly memory: boolean; readonly processes: boolean };
  /** Where a key of it stands; where the service does, when it says nothing of it. */
  placeOf(key: string): Place;
}

type ListKey = 'cap_add' | 'cap_drop' | 'security_opt' | 'devices' | 'extra_hosts' | 'dns';
type TextKey = 'pid' | 'ipc' | 'uts' | 'userns_mode' | 'cgroup' | 'user';
type FlagKey = 'privileged' | 'read_only';

export interface FoundNetwork {
  readonly name: string;
  readonly at: Place;
  readonly internal: boolean;
  /** Whether the host has no address on it, and so nothing of it can be reached there. */
  readonly withoutHost: boolean;
  readonly ipv6: boolean;
  /** Made elsewhere: what it is cannot be read here. */
  readonly external: boolean;
}

export interface FoundStack {
  readonly file: string;
  readonly services: readonly FoundService[];
  readonly networks: readonly FoundNetwork[];
  /** Files that the stack mounts or names, as they were written there, and their text. */
  readonly files: ReadonlyMap<string, string>;
  readonly notRead: readonly NotRead[];
}

/** Something that may matter and was not understood. */
export interface NotRead {
  readonly about: string;
  readonly what: string;
  readonly at: Place;
}
