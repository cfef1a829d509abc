// What the monitoring host is told, as part of the topology: whom it scrapes and how often, how
// long it keeps what it saw, and who hears of it. Secrets by name alone.

export interface Monitoring {
  /** Where it finds the application host's door for it: `192.0.2.7:9443`. */
  readonly target: string;
  /** What people type; it is asked from outside whether that answers. */
  readonly origin: string;
  readonly scrapeSeconds: number;
  readonly retentionDays: number;
  /** Of the samples on its disk; whichever of the two bounds is met first. */
  readonly storageGigabytesMax: number;
  readonly receivers: readonly Receiver[];
  /** A secret: an address outside that is told every minute that alerting works. */
  readonly deadMansSwitch: string | null;
  readonly grafana: boolean;
  readonly uptime: Uptime;
}

/** Who else asks from outside, besides the blackbox exporter of Prometheus. */
export const uptimes = ['kuma', 'gatus', 'none'] as const;
export type Uptime = (typeof uptimes)[number];

/** Who is told of an alert. `url`, `token` and `password` are names of secrets. */
export type Receiver =
  | { readonly kind: 'ntfy'; readonly url: string; readonly token: string | null }
  | { readonly kind: 'telegram'; readonly token: string; readonly chat: number }
  | {
      readonly kind: 'email';
      readonly to: string;
      readonly from: string;
      /** `smtp.example.com:587` */
      readonly server: string;
      readonly user: string | null;
      readonly password: string | null;
    }
  | { readonly kind: 'webhook'; readonly url: string };
