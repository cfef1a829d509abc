// Whether what runs is what the plan says runs: every service of it, nothing else, from this very
// plan, and with every declared edge in it.

import type { Observed } from '../drivers/driver.ts';
import type { Plan } from '../plan/model.ts';
import type { Topology } from '../topology/model.ts';
import { judge } from './judge.ts';
import type { Row } from './model.ts';
import type { Unasked } from './survey.ts';

export function runningRows(
  topology: Topology,
  plan: Plan,
  observed: Observed,
  unasked: readonly Unasked[],
): Row[] {
  return [
    ...unasked.map(notRunning),
    ...strangers(plan, observed),
    ...otherPlans(plan, observed),
    ...unplannedEdges(topology, plan),
  ];
}

function notRunning({ name, service, state, why }: Unasked): Row {
  return judge({
    from: name,
    to: name,
    via: 'process',
    what: 'the service itself',
    declared: { by: 'service', at: service.at },
    observed: state === 'absent' ? 'absent' : 'down',
    evidence: `${state}: ${why}`,
    fix: `Bring it up: "clincher up", then "clincher logs ${name}" if it does not stay.`,
  });
}

function strangers(plan: Plan, observed: Observed): Row[] {
  return observed.services
    .filter(({ name }) => !plan.services.some((each) => each.name === name))
    .map(({ name, pid }) =>
      judge({
        from: name,
        to: name,
        via: 'process',
        what: 'the service itself',
        declared: null,
        observed: 'open',
        evidence: `it runs (process ${pid ?? 'unknown'}) and the plan has no such service`,
        fix: 'Run "clincher up": it stops what is no longer declared.',
      }),
    );
}

function otherPlans(plan: Plan, observed: Observed): Row[] {
  return observed.services.flatMap(({ name, hash }) => {
    const planned = plan.services.find((each) => each.name === name);
    if (planned === undefined || planned.hash === hash) return [];
    return [
      judge({
        from: name,
        to: name,
        via: 'process',
        what: 'its plan',
        declared: null,
        observed: 'open',
        evidence: `it was started from another plan (${hash.slice(0, 12)})`,
        fix: 'Run "clincher up" to apply what the file says now.',
      }),
    ];
  });
}

/** A declared edge between two services of this host that the plan does not realise. */
function unplannedEdges(topology: Topology, plan: Plan): Row[] {
  const named = (name: string) => plan.services.find((each) => each.name === name);
  return topology.edges.flatMap((edge) => {
    const [from, to] = [named(edge.from), named(edge.to)];
    if (from === undefined || to === undefined) return [];
    const ways = [...from.dials, ...(from.reaches ?? [])];
    if (ways.some((way) => way.edge === edge.id)) return [];
    return [
      judge({
        from: edge.from,
        to: edge.to,
        via: 'unix',
        what: edge.id,
        declared: { by: edge.id, at: edge.at },
        observed: 'absent',
        evidence: 'the plan does not realise this edge',
        fix: 'Run "clincher up" to apply what the file says now.',
      }),
    ];
  });
}
