// The changes to the zone's WAF custom rules and rate limits. Each rule is added, changed or taken
// away by itself: the whole list is never written, so nobody's rule can be lost.

import {
  type Change,
  mark,
  type Observed,
  type Phase,
  type Rule,
  type Step,
  textAt,
  type Wanted,
} from './model.ts';

interface WantedBody {
  readonly [member: string]: unknown;
  readonly ref: string;
  readonly expression: string;
  readonly action: string;
}

export function ruleChanges(wanted: Wanted, observed: Observed): Change[] {
  return [
    ...inPhase(observed, 'http_request_firewall_custom', customRules(wanted)),
    ...inPhase(observed, 'http_ratelimit', rateRules(wanted, observed)),
  ];
}

function customRules({ host, rules }: Wanted): WantedBody[] {
  return rules.map(({ name, expression, action }) => ({
    ref: `${mark}_${name}`,
    description: `${mark}: ${name}`,
    expression: `(http.host eq "${host}") and (${expression})`,
    action,
    enabled: true,
  }));
}

/** A free zone's limit may ask for the path alone, so there it counts all hosts of the zone. */
function rateRules({ host, rateLimit }: Wanted, { zone }: Observed): WantedBody[] {
  if (rateLimit === null) return [];
  const { requests, periodSeconds, blockSeconds } = rateLimit;
  return [
    {
      ref: `${mark}_rate`,
      description: `${mark}: requests of one address`,
      expression: zone.free
        ? 'starts_with(http.request.uri.path, "/")'
        : `(http.host eq "${host}")`,
      action: 'block',
      enabled: true,
      ratelimit: {
        characteristics: ['cf.colo.id', 'ip.src'],
        period: periodSeconds,
        requests_per_period: requests,
        mitigation_timeout: blockSeconds,
      },
    },
  ];
}

function inPhase(observed: Observed, phase: Phase, wanted: readonly WantedBody[]): Change[] {
  const { zone, rulesets } = observed;
  const list = rulesets[phase];
  const reach = phase === 'http_ratelimit' && zone.free ? 'zone' : 'host';
  const change = (from: Rule | null, to: WantedBody | null, step: Step): Change => ({
    what: `${titles[phase]} ${to?.ref ?? from?.ref ?? ''}`,
    from: from === null ? null : ruleText(from.body),
    to: to === null ? null : ruleText(to),
    reach,
    steps: [step],
  });
  if (list === null) return firstRules(zone.id, phase, wanted, reach);
  const base = `/zones/${zone.id}/rulesets/${list.id}/rules`;
  const ours = list.rules.filter((rule) => rule.ref.startsWith(`${mark}_`));
  const surplus = ours.filter((rule) => !wanted.some(({ ref }) => ref === rule.ref));
  return [
    ...wanted.flatMap((rule) => {
      const there = ours.find((one) => one.ref === rule.ref) ?? null;
      if (there === null) return [change(null, rule, addition(base, rule))];
      return covers(there.body, rule) ? [] : [change(there, rule, correction(base, there, rule))];
    }),
    ...surplus.map((rule) => change(rule, null, removal(base, rule))),
  ];
}

const titles: Readonly<Record<Phase, string>> = {
  http_request_firewall_custom: 'WAF rule',
  http_ratelimit: 'rate limit',
};

/** The phase has no list yet: one is made, with all of ours in it. */
function firstRules(
  zoneId: string,
  phase: Phase,
  rules: readonly WantedBody[],
  reach: Change['reach'],
): Change[] {
  if (rules.length === 0) return [];
  const path = `/zones/${zoneId}/rulesets`;
  return [
    {
      what: `${titles[phase]} ${rules.map(({ ref }) => ref).join(', ')}`,
      from: null,
      to: rules.map(ruleText).join('; '),
      reach,
      steps: [
        {
          call: () => ({
            method: 'PUT',
            path: `${path}/phases/${phase}/entrypoint`,
            body: { rules },
          }),
          keep: (result) => ({ list: textAt(result, 'id') }),
          undo: ({ list = '' }) => ({ method: 'DELETE', path: `${path}/${list}` }),
        },
      ],
    },
  ];
}

/** The answer is the whole list; which id the new rule has is looked up by its reference. */
function addition(base: string, body: WantedBody | Rule['body']): Step {
  return {
    call: () => ({ method: 'POST', path: base, body }),
    keep: (result) => ({ rule: idOfRef(result, String(body.ref)) }),
    undo: ({ rule = '' }) => ({ method: 'DELETE', path: `${base}/${rule}` }),
  };
}

function correction(base: string, there: Rule, body: WantedBody): Step {
  const path = `${base}/${there.id}`;
  return {
    call: () => ({ method: 'PATCH', path, body }),
    undo: () => ({ method: 'PATCH', path, body: there.body }),
  };
}

function removal(base: string, { id, body }: Rule): Step {
  return {
    call: () => ({ method: 'DELETE', path: `${base}/${id}` }),
    undo: () => ({ method: 'POST', path: base, body }),
  };
}

function idOfRef(result: unknown, ref: string): string {
  const rules = typeof result === 'object' && result !== null ? Reflect.get(result, 'rules') : null;
  const found = Array.isArray(rules)
    ? rules.find((rule: unknown) => textAt(rule, 'ref') === ref)
    : null;
  return textAt(found, 'id');
}

/** Whether all that is wanted is there; what the API adds of its own does not count. */
function covers(there: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    const sorted = (list: readonly unknown[]) => JSON.stringify(list.map(String).sort());
    return Array.isArray(there) && sorted(there) === sorted(wanted);
  }
  if (typeof wanted !== 'object' || wanted === null) return there === wanted;
  if (typeof there !== 'object' || there === null) return false;
  return Object.entries(wanted).every(([name, value]) => covers(Reflect.get(there, name), value));
}

function ruleText(body: Readonly<Record<string, unknown>>): string {
  const { action, expression, ratelimit, enabled } = body;
  const rate = ratelimit as { requests_per_period?: unknown; period?: unknown } | null | undefined;
  const over = rate == null ? '' : ` over ${rate.requests_per_period} in ${rate.period} s`;
  return `${enabled === false ? 'disabled: ' : ''}${action}${over} if ${expression}`;
}
