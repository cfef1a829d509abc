// What the fake of Cloudflare's API keeps: one zone, one token with its rights.

import { randomBytes, randomUUID } from 'node:crypto';

export interface AskedCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly result: unknown;
  readonly info?: { page: number; per_page: number; count: number; total_count: number };
}

/** What the API says no with. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface FakeRecord {
  id: string;
  type: string;
  name: string;
  content: string;
  proxied: boolean;
  ttl: number;
  comment: string | null;
}

export interface FakeRule {
  id: string;
  ref: string;
  version: string;
  last_updated: string;
  [member: string]: unknown;
}

export interface FakeRuleset {
  id: string;
  rules: FakeRule[];
}

export interface FakeZone {
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly free: boolean;
  readonly settings: Record<string, string>;
  records: FakeRecord[];
  readonly rulesets: Map<string, FakeRuleset>;
  certificates: { id: string; certificate: string; status: string }[];
  origins: { id: string; certificate: string; hostnames: readonly string[]; csr: string }[];
  readonly pulls: Map<string, { cert_id: string; enabled: boolean }>;
  tunnels: { id: string; name: string; config_src: string; secret: string }[];
  ranges: { ipv4_cidrs: string[]; ipv6_cidrs: string[]; etag: string };
}

export interface FakeState {
  readonly token: string;
  readonly zone: FakeZone;
  tokenStatus: 'active' | 'disabled' | 'expired';
  /** @throws ApiRefusal */
  authorize(header: string | undefined, path: string, method: string): void;
}

const rightOf: readonly (readonly [RegExp, string])[] = [
  [/\/dns_records/, 'dns'],
  [/\/settings\//, 'settings'],
  [/\/rulesets/, 'waf'],
  [/\/origin_tls_client_auth|^\/certificates/, 'ssl'],
  [/\/cfd_tunnel/, 'tunnel'],
];

export const allRights: readonly string[] = rightOf.map(([, right]) => right);

export function createState(free: boolean, rights: readonly string[] = allRights): FakeState {
  const token = randomBytes(20).toString('hex');
  const zone: FakeZone = {
    id: newId(),
    name: 'example.com',
    account: newId(),
    free,
    settings: { ssl: 'full', min_tls_version: '1.0', always_use_https: 'off', websockets: 'on' },
    records: [],
    rulesets: new Map(),
    certificates: [],
    origins: [],
    pulls: new Map(),
    tunnels: [],
    ranges: { ipv4_cidrs: ['192.0.2.0/24'], ipv6_cidrs: ['2001:db8::/32'], etag: 'one' },
  };
  return {
    token,
    zone,
    tokenStatus: 'active',
    authorize(header, path) {
      if (path === '/ips') return;
      if (header !== `Bearer ${token}`) throw new ApiRefusal(401, 1000, 'Invalid API Token');
      const right = rightOf.find(([part]) => part.test(path))?.[1];
      if (right !== undefined && !rights.includes(right)) {
        throw new ApiRefusal(403, 10_000, 'Authentication error');
      }
    },
  };
}

/** 32 hexadecimal digits, as ids of zones, records and rules are. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}
