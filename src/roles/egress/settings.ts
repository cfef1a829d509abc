// What the egress proxy is told: who may reach which hosts, how callers are told apart, and how
// names are resolved.

import * as z from 'zod';
import { addressText, listenerSchema } from '../../kit/address.ts';
import { limits } from '../../kit/limits.ts';
import { commonSettings } from '../role.ts';

const count = z.int().positive();
const port = z.int().min(1).max(65_535);
/** Exact names; `*.example.com` for one label more, `**.example.com` for any number, no apex. */
const hostPatterns = z.array(z.string().min(1)).max(4_096);
/** Addresses or CIDR ranges, each with an optional `:port`. */
const addressBlocks = z.array(z.string().min(1)).max(256);
/** A file that is read when the role starts. */
const filePath = z.string().min(1).max(1_024);

const hour = 3_600_000;
const gibibyte = 2 ** 30;

/** What a rule may set for itself. */
const tunnelLimits = {
  /** Open at once. Per caller, so that one cannot take the other's. */
  tunnelsMax: count,
  /** New ones per caller; a burst of as many is let through. */
  tunnelsPerSecondMax: count,
  /** However busy it is, a tunnel is closed at this age. */
  tunnelAgeMs: count,
  idleTimeoutMs: count,
  /** Through one tunnel. Up is away from the caller: the direction in which things leak. */
  bytesUpMax: count,
  bytesDownMax: count,
  /** The window in which a caller's bytes to one host are counted over all its tunnels. */
  windowMs: count,
  windowBytesUpMax: count,
  windowBytesDownMax: count,
};

const ruleSchema = z.strictObject({
  /** `*` stands for the callers that no other rule names. */
  caller: z.string().min(1).max(256),
  hosts: hostPatterns,
  ports: z.array(port).default([443]),
  /**
   * What its caller may do beyond its hosts, on its ports: nothing, everything with a report of
   * each, or everything. `open` needs unsafeOpen too: it is asked for twice.
   */
  mode: z.enum(['enforce', 'report', 'open']).optional(),
  unsafeOpen: z.boolean().optional(),
  unsafeAnyPort: z.boolean().optional(),
  /** Its hosts are allowed though globalDeny names them. */
  unsafeOverDeny: z.boolean().optional(),
  /** Other server names than the tunnel's host that a TLS hello may give. */
  serverNames: hostPatterns.optional(),
  /** A hello that hides the server name it means: RFC 9849. */
  ech: z.enum(['refuse', 'allow']).optional(),
  /** Forwards plain HTTP requests (absolute form) to its hosts. */
  plainHttp: z.boolean().optional(),
  /** Lets through what is not TLS naming the host: for a plain HTTP box of the user's own. */
  unsafeAllowPlaintext: z.boolean().optional(),
  /** An HTTP CONNECT proxy through which its hosts are reached. */
  upstreamProxy: addressText.optional(),
  /** Proxies that a client may ask for in `x-upstream-https-proxy`, as host patterns. */
  clientProxies: hostPatterns.optional(),
  limits: z.strictObject(tunnelLimits).partial().optional(),
  /** A name of the caller's owner, for the record. */
  project: z.string().max(256).optional(),
  /** Where it was declared: `clincher.yaml:14:7`. Quoted in decisions. */
  at: z.string().default(''),
});

/** The part that a policy file of its own can hold. */
export const egressPolicyRules = z.strictObject({
  rules: z.array(ruleSchema).max(4_096),
  /** Hosts that every caller may reach on port 443. */
  globalAllow: hostPatterns.optional(),
  /** Hosts that no caller may reach, whatever else allows them. */
  globalDeny: hostPatterns.optional(),
  /** Names answered from here, before the resolver: for a box of the user's own. */
  resolve: z.record(z.string(), z.array(z.union([z.ipv4(), z.ipv6()])).min(1)).default({}),
  /** Not to be dialled, public or not; wins over unsafeAllowAddresses. */
  denyAddresses: addressBlocks.optional(),
  /** Allowed though they are not public. */
  unsafeAllowAddresses: addressBlocks.default([]),
});

const limitsSchema = z
  .strictObject({
    ...tunnelLimits,
    tunnelsMax: count.default(256),
    tunnelsPerSecondMax: count.default(500),
    tunnelAgeMs: count.default(24 * hour),
    idleTimeoutMs: count.default(600_000),
    bytesUpMax: count.default(gibibyte),
    bytesDownMax: count.default(16 * gibibyte),
    windowMs: count.default(hour),
    windowBytesUpMax: count.default(4 * gibibyte),
    windowBytesDownMax: count.default(64 * gibibyte),
    /** Open at once, all callers together. */
    tunnelsTotalMax: count.default(4_096),
    /** Addresses that one name may resolve to. */
    answersMax: count.default(64),
    /** For so long the answers of a lookup serve whoever asks next. */
    answersKeptMs: z.int().nonnegative().default(1_000),
    headerBytesMax: count.default(limits.headerBytesMax),
    /** For the request, and again for the TLS hello; with mutual TLS for its handshake too. */
    headerTimeoutMs: count.default(limits.headerTimeoutMs),
    resolveTimeoutMs: count.default(limits.resolveTimeoutMs),
    dialTimeoutMs: count.default(limits.dialTimeoutMs),
    /** After which the next address is tried beside one that has not answered: RFC 8305. */
    dialAttemptDelayMs: count.default(250),
  })
  .prefault({});

export const egressRules = z.strictObject({
  ...egressPolicyRules.shape,
  /** Name servers to ask, `192.0.2.53` or `[2001:db8::53]:5353`; the system's when left out. */
  resolvers: z.array(z.string().min(1)).min(1).max(8).optional(),
  limits: limitsSchema,
});

const tlsFiles = { certFile: filePath, keyFile: filePath };
/** Whether each connection begins with a PROXY protocol header, version 1 or 2. */
const proxyProtocol = z.boolean().optional();

export const egressListener = z.discriminatedUnion('identify', [
  /** By the socket: it was made for this caller. */
  z.strictObject({
    ...listenerSchema.shape,
    identify: z.literal('socket').optional(),
    proxyProtocol,
  }),
  /** By a client certificate: its common name, or its first organizational unit. */
  z.strictObject({
    address: addressText,
    identify: z.literal('mtls'),
    tls: z.strictObject({ ...tlsFiles, caFile: filePath, crlFile: filePath.optional() }),
    callerFrom: z.enum(['cn', 'ou']).default('cn'),
    proxyProtocol,
  }),
  /** By Proxy-Authorization: Basic, against a file of hashed secrets. */
  z.strictObject({
    address: addressText,
    identify: z.literal('credentials'),
    credentialsFile: filePath,
    tls: z.strictObject(tlsFiles).optional(),
    proxyProtocol,
  }),
]);

/** In which ways a Smokescreen ACL is to be read as Smokescreen reads it: the looser way. */
export const smokescreenSwitches = z.strictObject({
  anyPort: z.boolean().default(false),
  plaintext: z.boolean().default(false),
  plainHttp: z.boolean().default(false),
  rulesOverDeny: z.boolean().default(false),
  open: z.boolean().default(false),
  /** The other way round: `*.` for one label, as in clincher's own rules. */
  oneLabel: z.boolean().default(false),
});

export const egressSettings = z.strictObject({
  ...commonSettings,
  listen: z.array(egressListener).min(1),
  ...egressRules.shape,
  /** In the place of `rules`, which is empty then; its lists are added. Read when it changes. */
  policyFile: z
    .strictObject({
      path: filePath,
      format: z.enum(['rules', 'smokescreen']).default('rules'),
      smokescreen: smokescreenSwitches.prefault({}),
    })
    .optional(),
});

export type EgressRules = z.infer<typeof egressRules>;
export type EgressPolicyRules = z.infer<typeof egressPolicyRules>;
export type EgressListener = z.infer<typeof egressListener>;
export type SmokescreenSwitches = z.infer<typeof smokescreenSwitches>;
export type EgressSettings = z.infer<typeof egressSettings>;
