// The default of every bound that roles share. A role's settings may lower or raise each.

export const limits = {
  headerBytesMax: 32 * 1024,
  headerTimeoutMs: 10_000,
  bodyBytesMax: 32 * 1024 * 1024,
  idleTimeoutMs: 120_000,
  dialTimeoutMs: 10_000,
  resolveTimeoutMs: 5_000,
  connectionsMax: 1_024,
  shutdownGraceMs: 5_000,
} as const;
