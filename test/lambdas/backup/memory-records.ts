import { AwsUnavailable } from '../../../domain/errors.ts';
import { type RecoverySet, recoverySet } from '../../../domain/recovery-set.ts';
import type { RecoverySetEntry, RecoverySetRecords } from '../../../lambdas/ports/recovery-sets.ts';

/** The tables in memory: test/lambdas/aws/recovery-sets.test.ts holds the adapter to the same. */
export class MemoryRecords implements RecoverySetRecords {
  readonly #records = new Map<string, RecoverySet>();
  /** Regions that do not answer. */
  readonly silent = new Set<string>();

  async find(region: string, setId: string): Promise<RecoverySet | undefined> {
    this.#require(region);
    return structuredClone(this.#records.get(`${region}/${setId}`));
  }

  async entries(region: string): Promise<RecoverySetEntry[]> {
    return (await this.list(region)).map((record) => {
      const { setId, dueAt, startedAt, execution, state, proven, inUse, copies } = record;
      const databases = Object.keys(copies[region]?.databases ?? {});
      return { setId, dueAt, startedAt, execution, state, proven, inUse, databases };
    });
  }

  async list(region: string): Promise<RecoverySet[]> {
    this.#require(region);
    return [...this.#records]
      .filter(([key]) => key.startsWith(`${region}/`))
      .map(([, record]) => structuredClone(record));
  }

  async begin(region: string, record: RecoverySet): Promise<RecoverySet> {
    const found = await this.find(region, record.setId);
    if (found) return found;
    await this.put(region, record);
    return record;
  }

  async change(
    region: string,
    setId: string,
    change: (record: RecoverySet) => RecoverySet | undefined,
  ): Promise<RecoverySet | undefined> {
    const found = await this.find(region, setId);
    const changed = found && change(found);
    if (changed) await this.put(region, changed);
    return changed ?? found;
  }

  async put(region: string, record: RecoverySet): Promise<void> {
    this.#require(region);
    this.#records.set(`${region}/${record.setId}`, recoverySet.parse(record));
  }

  async remove(region: string, setId: string): Promise<void> {
    this.#require(region);
    this.#records.delete(`${region}/${setId}`);
  }

  #require(region: string): void {
    if (this.silent.has(region)) throw new AwsUnavailable(`${region} does not answer.`);
  }
}
