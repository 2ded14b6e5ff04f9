import type { RecoverySet } from '../../domain/recovery-set.ts';

/** What a table says of a set without its members. */
export interface RecoverySetEntry
  extends Pick<RecoverySet, 'setId' | 'dueAt' | 'startedAt' | 'execution' | 'state' | 'proven' | 'inUse'> {
  /** Databases whose snapshots the set has in the table's region. */
  readonly databases: readonly string[];
}

/** Which images a set would bring back. */
export type RecoverySetImages = Pick<RecoverySet, 'setId' | 'state' | 'images'>;

/** The records of recovery sets, in a table a region. Throws AwsUnavailable, AwsRefused. */
export interface RecoverySetRecords {
  find(region: string, setId: string): Promise<RecoverySet | undefined>;
  /** All of a region's, in no order. */
  entries(region: string): Promise<readonly RecoverySetEntry[]>;
  /** Whole records of a region. */
  list(region: string): Promise<readonly RecoverySet[]>;
  /** Writes a record that is not there yet. Answers the one that stands then. */
  begin(region: string, record: RecoverySet): Promise<RecoverySet>;
  /**
   * Changes a record as it stands; undefined from `change` leaves it. Tried again where another changed it meanwhile. Undefined: there is
   * none. Throws ObjectChanged where it changes all the time, and what `change` throws.
   */
  change(
    region: string,
    setId: string,
    change: (record: RecoverySet) => RecoverySet | undefined,
  ): Promise<RecoverySet | undefined>;
  /** Writes a record whatever stands there. */
  put(region: string, record: RecoverySet): Promise<void>;
  /** What is gone already is no failure. */
  remove(region: string, setId: string): Promise<void>;
}
