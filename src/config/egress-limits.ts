// The bounds of egress in the user's file: for all tunnels, and tighter ones for those of a rule.

import * as z from 'zod';

export const count = z.int().positive().max(Number.MAX_SAFE_INTEGER).optional();
/** A timer of Node's runs no longer. */
export const timeMs = z
  .int()
  .positive()
  .max(2 ** 31 - 1)
  .optional();

const ofTunnels = {
  tunnelsMax: count.describe('Tunnels of one caller that are open at once; 256 when left out.'),
  tunnelsPerSecondMax: count.describe('New tunnels of one caller in a second; 500.'),
  tunnelAgeMs: timeMs.describe('The age at which a tunnel is closed, however busy; a day.'),
  idleTimeoutMs: timeMs.describe(
    'How long no byte may pass before a tunnel is closed; 10 minutes.',
  ),
  bytesUpMax: count.describe('Bytes away from the caller through one tunnel; 1 GiB.'),
  bytesDownMax: count.describe('Bytes to the caller through one tunnel; 16 GiB.'),
  windowMs: timeMs.describe('The time in which the next two count; an hour.'),
  windowBytesUpMax: count.describe('Bytes of one caller to one place, all tunnels; 4 GiB.'),
  windowBytesDownMax: count.describe('Bytes to one caller from one place, all tunnels; 64 GiB.'),
};

export const egressRuleLimitsSchema = z
  .strictObject(ofTunnels)
  .describe('Bounds for what this rule lets through. Those for all hold too: the smaller counts.');

export const egressLimitsSchema = z
  .strictObject({
    ...ofTunnels,
    tunnelsTotalMax: count.describe('Tunnels that are open at once, of all callers; 4096.'),
    answersMax: count.describe('Addresses that one name may resolve to; 64.'),
    headerBytesMax: count.describe('The longest head of a request; 32 KiB.'),
    headerTimeoutMs: timeMs.describe('For the head of a request, and again for the TLS hello.'),
    resolveTimeoutMs: timeMs.describe('For the lookup of a name.'),
    dialTimeoutMs: timeMs.describe('For the connection to a host.'),
    dialAttemptDelayMs: timeMs.describe('After which the next address is tried too; 250 ms.'),
  })
  .describe('Bounds of every tunnel, and of the way to it.');
