import { parseArgs } from 'node:util';
import { recoverySetId } from '../domain/recovery-set.ts';
import { ManifestWorld, Writer } from '../test/postgres/real/manifest-world.ts';

/*
 * node bench/manifest.ts [--restores 100] [--seconds 900]
 * Copies of a real server's files, taken while clients write, restored and compared with their manifests. Promised: no false alarm in 100, and
 * that a copy which lost one row, has one value changed or lacks an index is found each time. Fewer restores than asked for, because the time was over, are a miss. The other
 * corruptions are tests: test/postgres/real/manifest.test.ts.
 */
const { values } = parseArgs({
  options: { restores: { type: 'string', default: '100' }, seconds: { type: 'string', default: '900' } },
});
const restores = Number(values.restores);
const endsAt = performance.now() + Number(values.seconds) * 1000;
const writers = 3;

const world = await ManifestWorld.open();
const clients = await Promise.all(
  Array.from({ length: writers }, async (_, index) => new Writer(await world.client(world.server), index + 1, 100)),
);

const found = { restores: 0, falseAlarms: 0, damaged: 0, damageFound: 0, exact: 0, bounded: 0, unbounded: 0 };
/** Of a table that nobody writes to: what changes in a busy one within its bounds is not promised to be found. */
const damage = [
  'DELETE FROM countries WHERE code = $$c7$$',
  'UPDATE items SET weight = weight + 1 WHERE id = 7',
  'DROP INDEX orders_by_customer',
];
for (; found.restores < restores && performance.now() < endsAt; found.restores++) {
  const setId = recoverySetId('aeon', Date.UTC(2026, 0, 1, found.restores));
  const { before, snapshot } = await world.set(setId);
  const goOn = await Promise.all(clients.map((client) => client.rest()));
  const manifest = await world.close(setId, before);
  for (const go of goOn) go();
  const { failures, tables } = await world.verdict(snapshot, manifest);
  if (failures.length > 0) {
    found.falseAlarms++;
    console.log(JSON.stringify({ setId, failures }));
  }
  for (const how of ['exact', 'bounded', 'unbounded'] as const) found[how] += tables[how];
  if (found.restores % 10 === 0) {
    for (const statement of damage) {
      found.damaged++;
      const damaged = await world.verdict(snapshot, manifest, (server) => world.write(server, statement));
      if (damaged.verdict === 'failed') found.damageFound++;
    }
  }
  world.postgres.removeSnapshot(snapshot);
}
const written = clients.reduce((sum, client) => sum + client.written, 0);
for (const client of clients) await client.stop();
await world.postgres.close();
console.log(JSON.stringify({ ...found, statementsWritten: written }));
if (found.restores < restores || found.falseAlarms > 0 || found.damageFound < found.damaged) process.exitCode = 1;
