/** What a run lets go wrong in RDS; a scenario sets it, at any time. */
export interface DatabaseFaults {
  /** Instances that are restored from now on stay cold. */
  coldRestores: boolean;
  /** Promotions that begin from now on take so much longer; for ever with Infinity. */
  promotionHangsMilliseconds: number;
  /** RDS notices the loss of a Multi-AZ instance's host by itself. */
  failsOverByItself: boolean;
}

export const noDatabaseFaults: DatabaseFaults = {
  coldRestores: false,
  promotionHangsMilliseconds: 0,
  failsOverByItself: true,
};
