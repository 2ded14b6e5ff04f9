import {
  type Content,
  dropped,
  inserted,
  replaced,
  rowsOf,
  tableOf,
  without,
  withoutDefinition,
  withTable,
} from './content.ts';
import type { DatabaseModel } from './database.ts';
import type { RealServer } from './real/server.ts';

/*
 * What an application keeps in a rehearsed database: users, their twins, what the twins measured, and the migrations. The same in the model and,
 * with --postgres, on a real server.
 */

const rows = { users: 40, twins: 120, readings: 1000 } as const;
const versions = ['20260101', '20260202'] as const;

const statements = [
  'CREATE TABLE public.users (id int PRIMARY KEY, name text NOT NULL)',
  'CREATE TABLE public.twins (id int PRIMARY KEY, owner int NOT NULL REFERENCES public.users, name text NOT NULL)',
  'CREATE TABLE public.readings (id bigint PRIMARY KEY, twin int NOT NULL, value numeric NOT NULL)',
  'CREATE INDEX readings_by_twin ON public.readings (twin)',
  'CREATE TABLE public.schema_migrations (version text PRIMARY KEY)',
  'CREATE TABLE public.writes (id text PRIMARY KEY)',
  `INSERT INTO public.users SELECT i, 'user ' || i FROM generate_series(1, ${rows.users}) i`,
  `INSERT INTO public.twins SELECT i, 1 + i % ${rows.users}, 'twin ' || i FROM generate_series(1, ${rows.twins}) i`,
  `INSERT INTO public.readings SELECT i, 1 + i % ${rows.twins}, i / 7.0 FROM generate_series(1, ${rows.readings}) i`,
  ...versions.map((version) => `INSERT INTO public.schema_migrations VALUES ('${version}')`),
];

/** Where clients of a rehearsal write: one row each time, named by the client. */
export const writesTable = 'public.writes';

function applicationContent(empty: Content): Content {
  const tables: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
    [
      'public.users',
      rowsNamed('user', rows.users),
      { 'table public.users': 'id, name', 'index public.users_pkey': 'id' },
    ],
    [
      'public.twins',
      rowsNamed('twin', rows.twins),
      {
        'table public.twins': 'id, owner, name',
        'index public.twins_pkey': 'id',
        'constraint public.twins.twins_owner_fkey': 'owner references users',
      },
    ],
    [
      'public.readings',
      rowsNamed('reading', rows.readings),
      {
        'table public.readings': 'id, twin, value',
        'index public.readings_pkey': 'id',
        'index public.readings_by_twin': 'twin',
      },
    ],
    ['public.schema_migrations', versions, { 'table public.schema_migrations': 'version' }],
    [writesTable, [], { [`table ${writesTable}`]: 'id' }],
  ];
  const filled = tables.reduce(
    (content, [name, held, definitions]) => inserted(withTable(content, name, definitions), name, held),
    empty,
  );
  return { ...filled, schemaVersion: versions.at(-1) ?? '' };
}

function rowsNamed(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${what} ${index + 1}`);
}

/** Queries of definitions about this application, and what the model answers. Throws SqlError where a table is missing. */
export const applicationQueries: ReadonlyMap<string, (content: Content) => string> = new Map<
  string,
  (content: Content) => string
>([
  [
    'SELECT max(version) FROM schema_migrations',
    (content) => {
      tableOf(content, 'public.schema_migrations');
      return content.schemaVersion;
    },
  ],
  ['SELECT count(*) FROM twins', (content) => String(rowsOf(tableOf(content, 'public.twins')))],
  ['SELECT count(*) FROM writes', (content) => String(rowsOf(tableOf(content, writesTable)))],
  [
    'SELECT count(*) FROM twins LEFT JOIN users ON users.id = twins.owner WHERE users.id IS NULL',
    (content) => {
      tableOf(content, 'public.twins');
      // The reference holds it as long as nobody lost rows of users.
      return String(rowsOf(tableOf(content, 'public.users')) < rows.users ? 1 : 0);
    },
  ],
]);

/** An instance of a rehearsal: its model, and the server in its place. */
export interface Seeded {
  readonly model: DatabaseModel;
  readonly real?: RealServer | undefined;
}

/** Gives a database its application. On a real server within `kernel.hold`. */
export async function seedApplication({ model, real }: Seeded): Promise<void> {
  model.change(applicationContent);
  for (const statement of real ? statements : []) await real?.inspect(model.name, statement);
}

/** Ways in which a restored copy may be wrong: rows lost and changed, an older schema, a table gone. */
export const corruptions = ['table', 'schema', 'missing'] as const;
export type Corruption = (typeof corruptions)[number];

const damage: Readonly<
  Record<Corruption, { readonly statements: readonly string[]; change(content: Content): Content }>
> = {
  table: {
    statements: ['DELETE FROM public.readings WHERE id = 7', "UPDATE public.twins SET name = 'twin' WHERE id = 7"],
    change: (content) =>
      replaced(without(content, 'public.readings', ['reading 7']), 'public.twins', 'twin 7', 'changed'),
  },
  schema: {
    statements: [
      `DELETE FROM public.schema_migrations WHERE version = '${versions[1]}'`,
      'DROP INDEX public.readings_by_twin',
    ],
    change: (content) => ({
      ...withoutDefinition(
        without(content, 'public.schema_migrations', [versions[1]]),
        'index public.readings_by_twin',
      ),
      schemaVersion: versions[0],
    }),
  },
  missing: {
    statements: ['DROP TABLE public.readings'],
    change: (content) => dropped(content, 'public.readings'),
  },
};

/** Damages a restored copy that has the application. On a real server within `kernel.hold`. */
export async function corruptApplication({ model, real }: Seeded, corruption: Corruption): Promise<void> {
  const { statements: sql, change } = damage[corruption];
  model.change(change);
  for (const statement of real ? sql : []) await real?.inspect(model.name, statement);
}
