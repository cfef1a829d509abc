// What the user's file says of the way in: sockets, certificate, bounds, and what stands in front.

import type { Place } from '../kit/place.ts';
import type { IngressRules } from '../roles/ingress/settings.ts';
import type { IngressListen, ProgramOfIngress, SecretSource } from './model.ts';

export interface IngressOptions {
  /** What does the work in place of our own server, which does where it is left out. */
  readonly program?: ProgramOfIngress;
  readonly listen: { readonly host: string; readonly port: number };
  readonly origin: string;
  /**
   * `local`: a certificate from a CA that clincher makes on first start. `cloudflare`: one that
   * Cloudflare signs, when it is applied.
   */
  readonly tls:
    | 'local'
    | 'cloudflare'
    | { readonly certFile: string; readonly keyFile: string }
    | AcmeOptions;
  /** Without TLS: for a CA's question, and to lead people to TLS. Left out: none. */
  readonly plain?: IngressListen;
  readonly scriptHosts?: readonly string[];
  /** What is left out is as ingress has it. */
  readonly limits?: Partial<IngressRules['limits']>;
  readonly rate?: IngressRules['rate'];
  /** What is to be so at Cloudflare; null where people come in directly. */
  readonly cloudflare: CloudflareOptions | null;
  readonly at: Place;
}

/** A certificate that a public CA signs when it is asked by ACME. */
export interface AcmeOptions {
  readonly directory: string;
  /** PEM file: trusted for the directory in the place of all public CAs. */
  readonly caFile: string | null;
  readonly email: string | null;
  /** The account at the CA that ours is to be bound to; null where it wants none. */
  readonly eab: { readonly kid: string; readonly key: SecretSource } | null;
  readonly challenge:
    | { readonly type: 'http-01' }
    | { readonly type: 'dns-01'; readonly token: SecretSource; readonly zone: string | null };
  readonly at: Place;
}

export interface CloudflareOptions {
  readonly token: SecretSource;
  readonly tokenText: string;
  readonly host: string;
  readonly zone: string | null;
  readonly way: { readonly addresses: readonly string[] } | { readonly tunnel: string };
  readonly rateLimit: {
    readonly requests: number;
    readonly periodSeconds: number;
    readonly blockSeconds: number;
  } | null;
  readonly rules: readonly {
    readonly name: string;
    readonly expression: string;
    readonly action: 'block' | 'managed_challenge' | 'js_challenge' | 'log';
  }[];
  /** Cloudflare's own addresses as they were last fetched, as CIDR; none before that. */
  readonly ranges: readonly string[];
  readonly at: Place;
}
