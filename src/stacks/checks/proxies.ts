// What the proxy of a found stack lets out, by its own file.

import type { Check, Fault } from '../../check/check.ts';
import { judgeHost } from '../../check/egress-hosts.ts';
import type { FoundService } from '../model.ts';
import { proxyPolicy } from '../policies/index.ts';
import type { HostRule, ProxyPolicy } from '../policies/policy.ts';
import { isOurs, type StackView } from '../view.ts';

export const egressHosts: Check<StackView> = {
  id: 'stack-egress-hosts',
  invariant: 'What the egress proxy allows is a host, and no name that a stranger can have.',
  because:
    'A rule that compares the end of a name, or a part of it, is passed by a name that is bought ' +
    'for it; a wildcard over a cloud is passed by everybody who rents there.',
  *find(view) {
    for (const [proxy, { rules }] of policiesOf(view)) {
      for (const rule of rules) yield* judgeRule(proxy.name, rule);
    }
  },
};

function* judgeRule(proxy: string, rule: HostRule): Iterable<Fault> {
  const fault = (severity: Fault['severity'], what: string, fix: string): Fault => ({
    ...{
      severity,
      about: proxy,
      message: `${proxy} allows ${rule.pattern}: ${what}`,
      fix,
      at: rule.at,
    },
  });
  const apex = rule.host.replace(/^\*{1,2}\./, '').replace(/^\./, '');
  const passed = strangersNames(apex).find((name) => rule.matches(name));
  if (passed !== undefined) {
    const what = `that is also ${passed}, which anybody can have`;
    yield fault('fatal', what, `Compare the whole name: ${apex}.`);
    return;
  }
  const judged = judgeHost(rule.host);
  if (judged !== null) yield fault(judged.severity, judged.what, judged.fix);
}

/** Names that a stranger can have, and that only a careless comparison takes for this one. */
function strangersNames(host: string): readonly string[] {
  return [`evil${host}`, `${host}.evil.example`, host.replace('.', 'x')].filter(
    (one) => one !== host,
  );
}

export const egressPolicy: Check<StackView> = {
  id: 'stack-egress-policy',
  invariant: 'What no rule of the egress proxy names is refused, and its rules are known.',
  because: 'A list of what is allowed is worth what happens to everything else.',
  *find(view) {
    for (const [{ name }, { open }] of policiesOf(view)) {
      if (open === null) continue;
      const message = `${name} lets through what no rule names`;
      const fix = 'Refuse by default; then allow the hosts that are needed.';
      yield { severity: 'fatal', about: name, message, fix, at: open };
    }
    for (const service of view.ofPart('egress-proxy')) {
      if (isOurs(service) || proxyPolicy(service, view) !== null) continue;
      yield {
        severity: 'fatal',
        about: service.name,
        message: `what ${service.name} lets through stands in no file that was found`,
        fix: 'Mount its rules from a file beside this one (Smokescreen, Squid, HAProxy, tinyproxy).',
        at: service.at,
      };
    }
  },
};

interface Lack {
  readonly of: (policy: ProxyPolicy) => Fault['at'] | null;
  readonly what: string;
  readonly fix: string;
}

function lacking(
  said: Pick<Check<StackView>, 'id' | 'invariant' | 'because'>,
  severity: Fault['severity'],
  { of, what, fix }: Lack,
): Check<StackView> {
  return {
    ...said,
    *find(view) {
      for (const [{ name }, policy] of policiesOf(view)) {
        const at = of(policy);
        if (at !== null) yield { severity, about: name, message: `${name} ${what}`, fix, at };
      }
    },
  };
}

export const egressPorts = lacking(
  {
    id: 'stack-egress-ports',
    invariant: 'The egress proxy opens port 443 of a host, and says so in its rules.',
    because: 'An allowed host has other ports, and plain HTTP to it can be read and changed.',
  },
  'warning',
  {
    of: ({ anyPort }) => anyPort,
    what: 'opens every port of a host that it allows, and forwards plain HTTP',
    fix: 'Bound the ports: SSL_ports in Squid, ConnectPort in tinyproxy; Smokescreen has no rule.',
  },
);

export const egressNames = lacking(
  {
    id: 'stack-egress-names',
    invariant: 'The egress proxy goes by where a connection leads.',
    because: 'What a client writes into `Host` it chooses; the tunnel leads elsewhere.',
  },
  'fatal',
  {
    of: ({ byHeader }) => byHeader,
    what: 'judges by the header Host, which the client writes',
    fix: 'Judge the target of CONNECT, and compare the name in TLS with it.',
  },
);

export const egressTls = lacking(
  {
    id: 'stack-egress-tls',
    invariant: 'Whoever speaks TLS for others looks at the certificate.',
    because: 'Without it whoever is on the way answers in the place of the provider.',
  },
  'fatal',
  {
    of: ({ unverified }) => unverified,
    what: 'takes every certificate for the right one',
    fix: 'Verify with the authorities of the system.',
  },
);

export const egressSteered = lacking(
  {
    id: 'stack-egress-steered',
    invariant: 'Nobody steers the egress proxy from inside.',
    because: 'Its page of statistics, or its socket, changes its rules while it runs.',
  },
  'fatal',
  {
    of: ({ steered }) => steered?.at ?? null,
    what: 'can be steered by its statistics page or socket',
    fix: 'Take it out, or give the socket mode 600 and the level operator.',
  },
);

function policiesOf(view: StackView): readonly (readonly [FoundService, ProxyPolicy])[] {
  return view.ofPart('egress-proxy').flatMap((proxy): [FoundService, ProxyPolicy][] => {
    const policy = proxyPolicy(proxy, view);
    return policy === null ? [] : [[proxy, policy]];
  });
}
