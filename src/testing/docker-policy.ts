// Callers of the Docker proxy as settings make them, to ask its policy with.

import type * as z from 'zod';
import { policyOf } from '../policy/docker/caller.ts';
import { judgeBody } from '../policy/docker/judge-body.ts';
import { judgeCall } from '../policy/docker/judge-call.ts';
import type {
  BodyKind,
  BodyVerdict,
  Call,
  CallerPolicy,
  CallVerdict,
} from '../policy/docker/model.ts';
import { dockerProxyRules } from '../roles/docker-proxy/settings.ts';

export type RulesInput = z.input<typeof dockerProxyRules>;

export const sandboxImage = 'sandbox:1';
export const sandboxImageId = `sha256:${'5'.repeat(64)}`;

export const exampleTemplate = {
  images: [{ name: sandboxImage, id: sandboxImageId }, { name: 'registry.example/team/box:2' }],
  labels: ['openclaw.*', 'team'],
  binds: [
    {
      source: '/home/node/work',
      hostSource: '/srv/stack/work',
      target: '/workspace',
      readOnly: false,
    },
    { source: '/home/node/work/skills', target: '/workspace/skills' },
    {
      source: '/home/node/agents',
      hostSource: '/srv/agents',
      target: '/agent',
      below: true,
      unsafeLinks: true,
    },
  ],
} satisfies RulesInput['template'];

export function examplePolicy(
  profile: CallerPolicy['profile'],
  rules: RulesInput = {},
): CallerPolicy {
  const all = dockerProxyRules.parse({ template: exampleTemplate, ...rules, profile });
  return policyOf(all, 'gateway');
}

export function ask(
  policy: CallerPolicy,
  method: string,
  target: string,
  rawHeaders: readonly string[] = [],
): CallVerdict {
  return judgeCall(policy, { method, target, rawHeaders, httpVersion: '1.1' });
}

/** A call of a kind of body, as judgeCall would give it, and the body judged. */
export function send(policy: CallerPolicy, body: BodyKind, value: unknown): BodyVerdict {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return judgeBody(policy, callWith(body), Buffer.from(text));
}

export function callWith(body: BodyKind, operation = operations[body]): Call {
  return {
    kind: 'call',
    operation,
    rule: `sandbox ${operation}`,
    method: 'POST',
    version: '1.41',
    path: '/containers/create',
    reference: null,
    scoped: true,
    query: [],
    body,
    answer: 'whole',
    upgrade: null,
    slow: false,
  };
}

const operations: Readonly<Record<BodyKind, string>> = {
  none: 'ContainerStart',
  create: 'ContainerCreate',
  'exec-create': 'ContainerExec',
  'exec-start': 'ExecStart',
  fields: 'ContainerUpdate',
  opaque: 'ImageBuild',
};
