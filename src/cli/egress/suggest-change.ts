// A suggestion as a change of clincher.yaml: the diff, and what else it opens, found by declaring
// the changed file and comparing.

import { judgeHost } from '../../check/egress-hosts.ts';
import { runChecks } from '../../check/index.ts';
import { parseConfig } from '../../config/load.ts';
import type { ConfigSurroundings } from '../../config/options.ts';
import { formatPlace } from '../../kit/place.ts';
import { diffTopologies } from '../../plan/diff-topologies.ts';
import { decide, type EgressPolicy } from '../../policy/egress.ts';
import type { EgressRecord } from '../../roles/egress/record.ts';
import type { Topology } from '../../topology/model.ts';
import { standardTopology } from '../../topology/standard.ts';
import { egressIn, policyOf } from './declared.ts';
import { addEgressRules } from './edit-config.ts';
import { allowAddresses, changeTerms } from './edit-terms.ts';
import { authority, shown } from './record-text.ts';
import { type Suggestion, suggest } from './suggest.ts';
import { unifiedDiff } from './unified-diff.ts';

export interface SuggestedChange extends Suggestion {
  /** Unified; empty when there is nothing to change. */
  readonly diff: string;
  /** What the change opens, in sentences: asked for or not. */
  readonly opens: readonly string[];
}

/**
 * Pure. `asked` are the records it is for; `all` are those it is compared with.
 * @throws ConfigError `config-invalid`
 */
export function suggestChange(
  text: string,
  file: string,
  surroundings: ConfigSurroundings,
  asked: readonly EgressRecord[],
  all: readonly EgressRecord[],
): SuggestedChange {
  const options = parseConfig(text, file, surroundings);
  const before = standardTopology(options);
  const policy = policyOf(egressIn(before).rules);
  const callers = ['gateway', 'llm', ...options.services.map(({ name }) => name)];
  const places = options.egress.rules.map(({ at }) => formatPlace(at));
  const suggestion = suggest(asked, policy, callers, places);
  const changed = changedText(text, suggestion);
  if (changed === text) return { ...suggestion, diff: '', opens: [] };
  const after = standardTopology(parseConfig(changed, file, surroundings));
  const opens = [
    ...diffTopologies(before, after),
    ...freshFindings(before, after),
    ...besides(suggestion, all, policy, policyOf(egressIn(after).rules)),
    ...ofTerms(suggestion),
  ];
  return { ...suggestion, diff: unifiedDiff(file, text, changed), opens };
}

function changedText(text: string, { rules, terms, addresses }: Suggestion): string {
  const withTerms = terms.reduce(changeTerms, text);
  const withRules = rules.length === 0 ? withTerms : addEgressRules(withTerms, rules);
  return allowAddresses(withRules, addresses);
}

/** What no comparison of two topologies says. */
function ofTerms({ rules, terms, addresses }: Suggestion): readonly string[] {
  const all = [...rules, ...terms.map((one) => one.terms)];
  const lines: string[] = [];
  if (rules.length > 0) {
    lines.push(
      'on each of these hosts all there is: every path, method and account, not only what was asked',
    );
  }
  if (all.some(({ serverNames }) => serverNames !== undefined)) {
    lines.push('whatever answers to another server name at the address of the host');
    for (const name of new Set(all.flatMap(({ serverNames = [] }) => serverNames))) {
      const judged = judgeHost(name);
      if (judged !== null)
        lines.push(`${judged.severity}: the server name ${name}: ${judged.what}`);
    }
  }
  if (all.some(({ ech }) => ech === 'allow')) {
    lines.push(
      'whatever else is behind the front of that host: an encrypted name cannot be judged',
    );
  }
  if (addresses.length > 0) {
    lines.push('these addresses to every caller with a host whose name leads, or is led, there');
  }
  return lines;
}

function freshFindings(before: Topology, after: Topology): readonly string[] {
  const texts = (topology: Topology) =>
    runChecks(topology).map(({ severity, message }) => `${severity}: ${message}`);
  const known = new Set(texts(before));
  return texts(after).filter((text) => !known.has(text));
}

/** Other requests of the record that would now get through as well. */
function besides(
  { granted }: Suggestion,
  all: readonly EgressRecord[],
  before: EgressPolicy,
  after: EgressPolicy,
): readonly string[] {
  const key = (caller: string, host: string, port: number) => JSON.stringify([caller, host, port]);
  const meant = new Set(granted.map(({ caller, host, port }) => key(caller, host, port)));
  const found = new Set<string>();
  for (const { caller, host, port } of all) {
    if (host === undefined || port === undefined) continue;
    const request = { caller, host, port };
    const isNew =
      decide(before, request).verdict !== 'allow' && decide(after, request).verdict === 'allow';
    if (isNew && !meant.has(key(caller, host.toLowerCase(), port))) {
      found.add(`also ${shown(caller)} to ${authority(shown(host), port)}, from the same record`);
    }
  }
  return [...found];
}
