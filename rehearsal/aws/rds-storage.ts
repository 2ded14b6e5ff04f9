import { coldReadMilliseconds } from './durations.ts';

/**
 * The volume of a restored instance: a block comes from S3 when it is first read. Told from the statements by the tables that they name, as the
 * functions write them. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html
 */
export class LazyStorage {
  readonly #read = new Set<string>();
  readonly #staysCold: boolean;

  /** `staysCold`: a fault; what is read comes from S3 for ever. */
  constructor(staysCold: boolean) {
    this.#staysCold = staysCold;
  }

  /** How much longer an answer to these bytes of a client takes. */
  delayOf(bytes: Buffer): number {
    const tables = [...bytes.toString('latin1').matchAll(/\bFROM "([^"]+)"\."([^"]+)"( TABLESAMPLE)?/g)];
    return tables.reduce(
      (sum, [, schema, name, sampled]) => sum + this.#delay(`${schema}.${name}`, sampled !== undefined),
      0,
    );
  }

  #delay(table: string, sampled: boolean): number {
    if (this.#read.has(table) && !this.#staysCold) return 0;
    if (!sampled) this.#read.add(table);
    return sampled ? coldReadMilliseconds.some : coldReadMilliseconds.whole;
  }
}
