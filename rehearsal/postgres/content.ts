import { SqlError } from './sql-error.ts';

/** Rows fall by their hash into so many segments, as the manifest asks for them. */
const segmentCount = 16;

interface Segment {
  readonly rows: number;
  readonly sum: bigint;
}

/** A table without its rows: what a manifest sees of them. */
export interface TableState {
  readonly segments: readonly Segment[];
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** pg_class.relfilenode */
  readonly file: number;
}

/** The tables of people's own schemas by `public.twins`, and every definition by its name as a text. */
export interface Content {
  readonly tables: ReadonlyMap<string, TableState>;
  readonly definitions: ReadonlyMap<string, string>;
  /** Of the newest migration. */
  readonly schemaVersion: string;
}

export const emptyContent: Content = { tables: new Map(), definitions: new Map(), schemaVersion: '' };

/** 64 bits of a row; not PostgreSQL's, and never compared with it. */
export function hashOf(row: string): bigint {
  let high = 0x811c9dc5;
  let low = 0xcbf29ce4;
  for (let index = 0; index < row.length; index++) {
    const code = row.charCodeAt(index);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code ^ high, 0x85ebca6b);
  }
  return BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}

function emptyTable(file: number): TableState {
  const segments = Array.from({ length: segmentCount }, () => ({ rows: 0, sum: 0n }));
  return { segments, inserted: 0, updated: 0, deleted: 0, file };
}

/** `times` is 1 for a row that comes and −1 for one that goes. */
function withRow(segments: readonly Segment[], row: string, times: 1 | -1): readonly Segment[] {
  const hash = hashOf(row);
  const place = Number(hash & 15n);
  return segments.map((segment, index) =>
    index === place ? { rows: segment.rows + times, sum: segment.sum + BigInt(times) * hash } : segment,
  );
}

export function rowsOf({ segments }: TableState): number {
  return segments.reduce((sum, { rows }) => sum + rows, 0);
}

/** Throws SqlError 42P01. */
export function tableOf({ tables }: Content, name: string): TableState {
  const table = tables.get(name);
  if (!table) throw new SqlError('42P01', `relation "${name.replace(/^public\./, '')}" does not exist`);
  return table;
}

export function withTable(content: Content, name: string, definitions: Readonly<Record<string, string>>): Content {
  return {
    ...content,
    tables: new Map([...content.tables, [name, emptyTable(16_384 + content.tables.size)]]),
    definitions: new Map([...content.definitions, ...Object.entries(definitions)]),
  };
}

function changed(content: Content, name: string, change: (table: TableState) => TableState): Content {
  const tables = new Map(content.tables);
  tables.set(name, change(tableOf(content, name)));
  return { ...content, tables };
}

export function inserted(content: Content, name: string, rows: readonly string[]): Content {
  return changed(content, name, (table) => ({
    ...table,
    segments: rows.reduce((segments, row) => withRow(segments, row, 1), table.segments),
    inserted: table.inserted + rows.length,
  }));
}

/** Without rows that were inserted, as if they had never been: what a replica has that did not get them. */
export function without(content: Content, name: string, rows: readonly string[]): Content {
  return changed(content, name, (table) => ({
    ...table,
    segments: rows.reduce((segments, row) => withRow(segments, row, -1), table.segments),
    inserted: table.inserted - rows.length,
  }));
}

export function replaced(content: Content, name: string, from: string, to: string): Content {
  return changed(content, name, (table) => ({
    ...table,
    segments: withRow(withRow(table.segments, from, -1), to, 1),
    updated: table.updated + 1,
  }));
}

export function dropped(content: Content, name: string): Content {
  const tables = new Map(content.tables);
  tables.delete(name);
  const definitions = new Map([...content.definitions].filter(([key]) => !key.includes(` ${name}`)));
  return { ...content, tables, definitions };
}

export function withoutDefinition(content: Content, name: string): Content {
  return { ...content, definitions: new Map([...content.definitions].filter(([key]) => key !== name)) };
}
