// The kinds of text and number that the user's file is made of, each with its rule in words.

import { isIP } from 'node:net';
import * as z from 'zod';
import { parseAddress } from '../kit/address.ts';
import { parseAllowedBlock } from '../policy/egress-allow.ts';
import { canonicalHost } from '../policy/host.ts';
import { parseResolver } from '../policy/resolver.ts';

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/** Names of services, providers and zones: they become folder and socket names. */
export const nameText = z.string().regex(namePattern, {
  error: 'must be lower-case letters, digits and dashes, 40 at most',
});

/** Whatever clients may ask for as a model: printable, no spaces. */
export const modelText = z.string().regex(/^[!-~]{1,128}$/, {
  error: 'must be 1 to 128 printable characters without spaces',
});

const referencePattern =
  /^(?:env:[A-Za-z_][A-Za-z0-9_]{0,127}|file:[^\x00]{1,1024}|store:[a-z0-9][a-z0-9._-]{0,63})$/;

export const secretReference = z
  .string({ error: 'must be a reference: env:NAME, file:PATH or store:NAME' })
  .regex(referencePattern, {
    error: 'must be a reference, never the secret itself: env:NAME, file:PATH or store:NAME',
  });

export const pathText = z.string().regex(/^[^\x00-\x1f\x7f]{1,1024}$/, {
  error: 'must be a path',
});

/** A name in the one spelling that egress accepts: see policy/host.ts. */
function isHostName(text: string): boolean {
  const host = canonicalHost(text);
  return host?.kind === 'name' && host.text === text;
}

/** A host, a `*.` or a `**.` pattern. How wide it may be is for `check` to judge. */
export const hostText = z
  .string()
  .max(253)
  .refine(
    (text) => text === '*' || isHostName(text.replace(/^\*{1,2}\./, '')) || isIP(text) !== 0,
    {
      error:
        'must be a host name in lower case, or *.name for the names below it ' +
        '(**.name at any depth); ' +
        'no scheme, port or path',
    },
  );

export const portNumber = z.int({ error: 'must be a port: 1 to 65535' }).min(1).max(65_535);

const addressRule = { error: 'must be an address: 192.0.2.7 or 2001:db8::7' };
export const ipText = z.union([z.ipv4(addressRule), z.ipv6(addressRule)]);

/** An address, or a range in CIDR form, each with an optional port. */
export const addressRangeText = z
  .string()
  .max(64)
  .refine((text) => parseAllowedBlock(text) !== null, {
    error: 'must be an address or a range: 10.0.0.5, 10.0.0.0/24, 10.0.0.5:8000, [fd00::5]:8000',
  });

export const resolverText = z.string().refine((text) => parseResolver(text) !== null, {
  error: 'must be the address of a name server: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
});

/** A proxy by its address: names are for egress to resolve, once it runs. */
export const proxyText = z.string().refine((text) => parseListen(text) !== null, {
  error: 'must be the address and port of a proxy: 192.0.2.7:3128 or [2001:db8::7]:3128',
});

export const listenText = z.string().refine((text) => parseListen(text) !== null, {
  error: 'must be an address and a port: 127.0.0.1:8443, 0.0.0.0:443 or [::1]:8443',
});

export function parseListen(text: string): { host: string; port: number } | null {
  const address = parseAddress(`tcp:${text}`);
  return address?.kind === 'tcp' && address.port > 0
    ? { host: address.host, port: address.port }
    : null;
}

export function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === '::1';
}

/**
 * Where a provider answers. Plain http is for a service of the user's own, which options.ts checks.
 */
export const baseUrlText = z
  .string()
  .max(512)
  .refine((text) => isPlainUrl(text, ['https:', 'http:']), {
    error: 'must be https://HOST with an optional port and path; no user, query or fragment',
  });

function isPlainUrl(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text) || /[\s?#\\]/.test(text)) return false;
  const url = new URL(text);
  return protocols.includes(url.protocol) && url.username === '' && url.password === '';
}

/** The one origin people use: no path. */
export const originText = z
  .string()
  .max(300)
  .refine(
    (text) => isPlainUrl(text, ['https:']) && !text.endsWith('/') && new URL(text).pathname === '/',
    {
      error: 'must be https://HOST or https://HOST:PORT and nothing after it',
    },
  );

export const domainText = z.string().max(253).refine(isHostName, {
  error: 'must be a host name in lower case, without scheme or port',
});

/** US dollars. Read by its decimal text, so that 0.1 is exactly that. */
export const usdNumber = z.number().nonnegative();

const durationUnitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90m`, `5h`, `7d`. */
export const durationText = z.string().regex(/^[1-9][0-9]{0,4}[mhd]$/, {
  error: 'must be a number of minutes, hours or days: 90m, 5h or 7d',
});

export function durationMs(text: string): number {
  const unit = text.at(-1) as keyof typeof durationUnitsMs;
  return Number(text.slice(0, -1)) * durationUnitsMs[unit];
}
