// Wishes that no new host or port answers: another server name in the hello, an encrypted hello,
// an address that is not public. Each with the smallest change that would.

import { decide, decideAddress, type EgressPolicy, type EgressRule } from '../../policy/egress.ts';
import { decideServerName } from '../../policy/egress-client-hello.ts';
import { canonicalHost, type Host } from '../../policy/host.ts';
import type { NewRule, RuleTerms } from './edit-config.ts';
import type { TermsChange } from './edit-terms.ts';
import type { Wish } from './wishes.ts';

export type TermsAnswer =
  | { readonly change: TermsChange }
  | { readonly rule: NewRule }
  | { readonly address: string }
  | 'settled'
  | 'left';

/** `places` are those of the rules that the file itself declares, in its order. */
export function answerByTerms(
  wish: Wish,
  policy: EgressPolicy,
  places: readonly string[],
): TermsAnswer {
  const { caller, host, port, reason, address } = wish;
  if (reason === 'address-not-public') return address === null ? 'left' : byAddress(policy, wish);
  if (reason !== 'sni-mismatch' && reason !== 'sni-hidden') return 'left';
  const decision = decide(policy, { caller, host, port });
  if (decision.verdict === 'deny' || decision.host === null) return 'left';
  const terms = termsFor(wish, decision.host, decision.matched, policy);
  if (terms === 'settled' || terms === 'left') return terms;
  const { matched } = decision;
  const only = { hosts: [decision.host.text], ports: [port] };
  const isNamed = matched !== null && decision.reason === 'allowed' && names(matched, host);
  if (!isNamed) return { rule: { caller, ...only, ...terms } };
  const index = places.indexOf(matched.at);
  // The rule that a provider makes stands before all of the file's.
  if (index === -1) return 'left';
  const isOwn =
    matched.hosts.length === 1 && matched.ports.length === 1 && !matched.hosts.some(isStar);
  return { change: { index, only: isOwn ? null : only, terms } };
}

function byAddress(policy: EgressPolicy, { address, port }: Wish): TermsAnswer {
  const { verdict, reason, address: canonical } = decideAddress(policy, address ?? '', port);
  if (verdict === 'allow') return 'settled';
  if (reason !== 'address-not-public' || canonical === null) return 'left';
  return { address: `${canonical.includes(':') ? `[${canonical}]` : canonical}:${port}` };
}

function termsFor(
  { reason, sni }: Wish,
  host: Host,
  matched: EgressRule | null,
  policy: EgressPolicy,
): RuleTerms | 'settled' | 'left' {
  if (reason === 'sni-hidden') return matched?.ech === 'allow' ? 'settled' : { ech: 'allow' };
  const named = sni === null ? null : canonicalHost(sni);
  if (named?.kind !== 'name') return 'left';
  const found = decideServerName(sni, host, matched, policy.globalDeny);
  if (found === 'allowed') return 'settled';
  return found === 'sni-mismatch' && policy.globalDeny.find(named) === null
    ? { serverNames: [named.text] }
    : 'left';
}

function names(rule: EgressRule, text: string): boolean {
  const host = canonicalHost(text)?.text ?? '';
  return rule.hosts.some((pattern) =>
    isStar(pattern) ? host.endsWith(pattern.replace(/^\*+/, '')) : pattern === host,
  );
}

function isStar(pattern: string): boolean {
  return pattern.startsWith('*');
}
