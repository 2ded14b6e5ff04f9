import pg from 'pg';

/** What `ALTER ROLE … SET` left: in one database, or in all where `database` is empty. */
export interface UserSetting {
  readonly user: string;
  readonly database: string;
  readonly name: string;
  /** As the server keeps it. */
  readonly value: string;
}

/** Settings whose value is a list of names, each quoted by itself: https://github.com/postgres/postgres/blob/master/src/fe_utils/string_utils.c */
const nameLists = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** Statements after which `clone` has the settings of `base` and no others, and becomes `base` where nothing else is said. */
export function settingStatements(settings: readonly UserSetting[], base: string, clone: string): readonly string[] {
  const of = (user: string) =>
    new Map(settings.filter((each) => each.user === user).map((each) => [keyOf(each), each] as const));
  const wanted = new Map(of(base));
  const becoming = { user: base, database: '', name: 'role', value: base };
  if (!wanted.has(keyOf(becoming))) wanted.set(keyOf(becoming), becoming);
  const had = of(clone);
  const gone = [...had.values()].filter((each) => !wanted.has(keyOf(each)));
  const missing = [...wanted.values()].filter((each) => had.get(keyOf(each))?.value !== each.value);
  return [
    ...gone.map((each) => `${alter(clone, each)} RESET ${settingName(each.name)}`),
    ...missing.map((each) => `${alter(clone, each)} SET ${settingName(each.name)} TO ${settingValue(each)}`),
  ];
}

function keyOf({ database, name }: UserSetting): string {
  return JSON.stringify([database, name.toLowerCase()]);
}

function alter(user: string, { database }: UserSetting): string {
  const inDatabase = database === '' ? '' : ` IN DATABASE ${pg.escapeIdentifier(database)}`;
  return `ALTER ROLE ${pg.escapeIdentifier(user)}${inDatabase}`;
}

/** Names of extensions have a dot between two parts. */
function settingName(name: string): string {
  return name.split('.').map(pg.escapeIdentifier).join('.');
}

function settingValue({ name, value }: UserSetting): string {
  if (!nameLists.has(name.toLowerCase())) return pg.escapeLiteral(value);
  const items = [...value.matchAll(/"((?:[^"]|"")*)"|([^,\s][^,]*)/g)].map(
    ([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? (plain ?? '').trim(),
  );
  return items.length === 0 ? "''" : items.map(pg.escapeLiteral).join(', ');
}
