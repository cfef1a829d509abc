// From where on a person is to hear of something: the alert rules of the monitoring host and the
// alarms of metrics itself are both made from this, so that they never say different things.

/** Far more than in the time before, and more than a handful. */
export interface Jump {
  readonly withinMinutes: number;
  readonly beforeMinutes: number;
  /** Times the rate of before. */
  readonly factor: number;
  /** At least so much within. */
  readonly least: number;
}

export interface Growth {
  readonly withinMinutes: number;
  /** More than. */
  readonly above: number;
}

export interface Thresholds {
  readonly downMinutes: number;
  readonly budgetLeftShare: number;
  /** In US dollars. */
  readonly spendJump: Jump;
  readonly ledgerRefusals: Growth;
  readonly egressDenials: Jump;
  readonly dockerDenials: Growth;
  /** Since anybody looked whether what runs is what was declared. */
  readonly verifiedHours: number;
  readonly certificateDays: number;
  readonly backupHours: number;
  readonly diskFreeShare: number;
}

export const thresholds: Thresholds = {
  downMinutes: 5,
  budgetLeftShare: 0.1,
  spendJump: { withinMinutes: 15, beforeMinutes: 360, factor: 4, least: 0.5 },
  ledgerRefusals: { withinMinutes: 10, above: 0 },
  egressDenials: { withinMinutes: 5, beforeMinutes: 60, factor: 3, least: 20 },
  dockerDenials: { withinMinutes: 10, above: 5 },
  verifiedHours: 48,
  certificateDays: 14,
  backupHours: 26,
  diskFreeShare: 0.1,
};
