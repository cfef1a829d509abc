// What a proxy of a found stack lets through, as its own file says: the form that every kind of
// proxy is read into.

import type { Place } from '../../kit/place.ts';
import type { MountedFile } from '../view.ts';

export interface HostRule {
  /** As it is written. */
  readonly pattern: string;
  /** The host that is meant; a wildcard in clincher's own writing. */
  readonly host: string;
  /** As that proxy compares. */
  matches(host: string): boolean;
  readonly at: Place;
}

export interface ProxyPolicy {
  readonly rules: readonly HostRule[];
  /** Where it says that what no rule names is let through, or ought to say that it is not. */
  readonly open: Place | null;
  /** Where the ports ought to be; null where they are bounded. */
  readonly anyPort: Place | null;
  /** Where it goes by what a client says in `Host`, and not by where the connection leads. */
  readonly byHeader: Place | null;
  /** Where it speaks TLS to whoever answers. */
  readonly unverified: Place | null;
  /** Where it lets itself be steered, and by whom. */
  readonly steered: { readonly at: Place; readonly how: string } | null;
}

/** A file of the proxy by its path inside; null where it was not read. */
export type InsideFile = (path: string) => MountedFile | null;

/** Lines with what they say, comments and empty ones left out. */
export function linesOf({ text, file }: Pick<MountedFile, 'text' | 'file'>) {
  return text.split('\n').flatMap((line, index) => {
    const said = line.replace(/(^|\s)#.*$/, '').trim();
    const at: Place = { file, line: index + 1, column: 1 };
    return said === '' ? [] : [{ said, words: said.split(/\s+/), at }];
  });
}

const formMax = 200;

/** A regular expression of a file, as a rule; what cannot be read as one matches everything. */
export function formRule(form: string, at: Place): HostRule {
  const host = form.replace(/^\(\^\|\\?\.\)|^\^|\$$/g, '').replace(/\\(.)/g, '$1');
  const compiled = form.length <= formMax ? compile(form) : null;
  return { pattern: form, host, at, matches: (name) => compiled?.test(name) ?? true };
}

function compile(form: string): RegExp | null {
  try {
    return new RegExp(form, 'i');
  } catch {
    return null;
  }
}
