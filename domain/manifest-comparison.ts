import {
  type Counters,
  logBytes,
  type Manifest,
  type ManifestFailure,
  type ManifestVerdict,
  type Observed,
  type TableContent,
} from './manifest.ts';

/** The verdict over a restored database. Pure; every difference that the time between `before` and `after` does not explain is a failure. */
export function compareManifest(manifest: Manifest, observed: Observed): ManifestVerdict {
  const meanwhile = changedMeanwhile(manifest, observed);
  const failures = [...identityFailures(manifest, observed), ...objectFailures(manifest, observed, meanwhile)];
  const tables = { exact: 0, bounded: 0, unbounded: 0 };
  let rowsCompared = 0;
  for (const [table, expected] of Object.entries(manifest.before.tables)) {
    const found = observed.tables[table];
    const after = manifest.after.counters[table];
    if (found === undefined) {
      // Dropped, or made anew, while the snapshot was taken: either is right.
      if (after && !meanwhile.has(`table ${table}`))
        failures.push(failure('table-missing', table, 'the table', 'no such table'));
      continue;
    }
    if (expected === 'unread') {
      tables.unbounded++;
      continue;
    }
    if (found === 'unreadable' || found === 'unread') {
      failures.push(failure('table-unreadable', table, 'readable', 'an error when it was read'));
      continue;
    }
    const changes = redefined(table, meanwhile) ? undefined : changesBetween(manifest.before.counters[table], after);
    const compared = compareTable(table, expected, found, changes);
    failures.push(...compared.failures);
    tables[compared.how]++;
    if (compared.how !== 'unbounded') rowsCompared += rowsOf(found);
  }
  for (const table of Object.keys(observed.tables)) {
    if (manifest.before.tables[table] || manifest.after.counters[table] || meanwhile.has(`table ${table}`)) continue;
    failures.push(failure('table-unexpected', table, 'no such table', 'a table'));
  }
  if (tables.exact + tables.bounded === 0) {
    failures.push(failure('nothing-compared', '', 'at least one table', 'none that can be compared'));
  }
  return { verdict: failures.length === 0 ? 'proven' : 'failed', failures, rowsCompared, tables };
}

function failure(kind: ManifestFailure['kind'], table: string, expected: string, found: string): ManifestFailure {
  return { kind, table, expected, found };
}

function identityFailures(manifest: Manifest, observed: Observed): ManifestFailure[] {
  const failures: ManifestFailure[] = [];
  if (observed.environment !== manifest.environment || observed.database !== manifest.database) {
    const expected = `${manifest.environment}/${manifest.database}`;
    failures.push(failure('database', '', expected, `${observed.environment}/${observed.database}`));
  }
  // An older set lacks the marker; a newer one has another first.
  if (observed.markers[0] !== manifest.setId) {
    failures.push(failure('marker', '', manifest.setId, observed.markers[0] ?? 'none'));
  }
  if (logBytes(observed.logPosition) < logBytes(manifest.logPosition)) {
    failures.push(failure('log-position', '', `at least ${manifest.logPosition}`, observed.logPosition));
  }
  const versions = [...new Set([manifest.schemaVersion, manifest.after.schemaVersion])];
  if (!versions.includes(observed.schemaVersion)) {
    failures.push(failure('schema-version', '', versions.join(' or '), observed.schemaVersion));
  }
  return failures;
}

/**
 * Objects of which any step of the way may be what the snapshot holds, such as an index that is still being built. Of what both readings
 * know, the second says whether it was touched: what the copy says of itself counts for that alone which came and went.
 */
function changedMeanwhile({ before, after }: Manifest, { changed = [] }: Observed): ReadonlySet<string> {
  const known = new Set([...Object.keys(before.objects), ...Object.keys(after.objects)]);
  const differing = [...known].filter((name) => before.objects[name] !== after.objects[name]);
  return new Set([...differing, ...(after.changed ?? []), ...changed.filter((name) => !known.has(name))]);
}

function objectFailures(
  { before }: Manifest,
  { objects }: Observed,
  meanwhile: ReadonlySet<string>,
): ManifestFailure[] {
  const names = new Set([...Object.keys(before.objects), ...Object.keys(objects)]);
  return [...names].flatMap((name) => {
    if (before.objects[name] === objects[name] || meanwhile.has(name)) return [];
    return [failure('object', name, before.objects[name] ?? 'absent', objects[name] ?? 'absent')];
  });
}

/** A new column, or another label of a type, changes rows as text without touching one of them. */
function redefined(table: string, meanwhile: ReadonlySet<string>): boolean {
  return meanwhile.has(`table ${table}`) || [...meanwhile].some((name) => name.startsWith('type '));
}

interface Changes {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Undefined where the counters say nothing: reset by a crash, or the table rewritten, truncated or dropped meanwhile. */
function changesBetween(before: Counters | undefined, after: Counters | undefined): Changes | undefined {
  if (!before || !after || before.file !== after.file) return undefined;
  const changes = {
    inserted: after.inserted - before.inserted,
    updated: after.updated - before.updated,
    deleted: after.deleted - before.deleted,
  };
  return Object.values(changes).some((change) => change < 0) ? undefined : changes;
}

function rowsOf({ segments }: TableContent): number {
  return segments.reduce((sum, { rows }) => sum + rows, 0);
}

interface Compared {
  readonly how: keyof ManifestVerdict['tables'];
  readonly failures: readonly ManifestFailure[];
}

function compareTable(table: string, expected: TableContent, found: TableContent, changes?: Changes): Compared {
  if (JSON.stringify(expected.coverage) !== JSON.stringify(found.coverage)) {
    const [asked, read] = [expected, found].map(({ coverage }) => JSON.stringify(coverage));
    return { how: 'unbounded', failures: [failure('coverage', table, asked ?? '', read ?? '')] };
  }
  if (!changes) return { how: 'unbounded', failures: [] };
  const { inserted, updated, deleted } = changes;
  const total = inserted + updated + deleted;
  // A changed table gets new blocks, and another part of it falls into the sample.
  if (total > 0 && expected.coverage.kind === 'sample') return { how: 'unbounded', failures: [] };
  const how = total === 0 ? 'exact' : 'bounded';
  const [was, is] = [rowsOf(expected), rowsOf(found)];
  if (is < was - deleted || is > was + inserted) {
    return { how, failures: [failure('rows', table, `${was - deleted} to ${was + inserted}`, String(is))] };
  }
  // An insert or a delete touches one segment, an update the one that a row leaves and the one that it enters.
  const touchedMax = inserted + deleted + 2 * updated;
  const differing = expected.segments.filter(
    ({ rows, sum }, index) => rows !== found.segments[index]?.rows || sum !== found.segments[index]?.sum,
  ).length;
  if (differing <= touchedMax) return { how, failures: [] };
  const words = `at most ${touchedMax} segments changed`;
  return { how, failures: [failure('values', table, words, `${differing} changed`)] };
}
