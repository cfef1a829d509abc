// What was observed as a table: service, state, since when, restarts, and why when it is not ready.

import pc from 'picocolors';
import type { Observed, ObservedService, ServiceState } from '../drivers/driver.ts';

const colours: Readonly<Record<ServiceState, (text: string) => string>> = {
  ready: pc.green,
  starting: pc.yellow,
  restarting: pc.yellow,
  failed: pc.red,
  stopped: pc.dim,
};

/** `now` in milliseconds since the epoch. */
export function statusLines({ services }: Observed, now: number): readonly string[] {
  if (services.length === 0) return ['nothing is running; start it with: clincher up'];
  const width = Math.max(...services.map(({ name }) => name.length));
  return services.map((service) => statusLine(service, width, now));
}

function statusLine(service: ObservedService, width: number, now: number): string {
  const { name, state, startedAt, restarts, detail } = service;
  const words = [
    name.padEnd(width),
    colours[state](state.padEnd('restarting'.length)),
    startedAt === null ? '' : `up ${duration(now - startedAt)}`,
    restarts === 0 ? '' : `${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`,
    detail ?? '',
  ];
  return words.filter((word) => word !== '').join('  ');
}

/** `42 s`, `3 min`, `5 h`, `9 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3_600)} h`
    : `${Math.floor(seconds / 86_400)} d`;
}
