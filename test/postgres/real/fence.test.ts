import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { endSessionsStatement } from '../../../lambdas/postgres/fencing.ts';
import { withLaterEnds } from '../../../rehearsal/postgres/real/clock.ts';
import { withoutServers } from './available.ts';
import { clientBundle, realWorld } from './world.ts';

let folder: string;
let world: Awaited<ReturnType<typeof realWorld>>;
beforeAll(async () => {
  folder = await clientBundle();
  if (withoutServers === undefined) world = await realWorld(folder);
}, 60_000);
afterEach(() => world?.tidy(), 60_000);
afterAll(() => world?.postgres.close(), 60_000);

const clerk = { user: 'clerk', password: 'secret-word' };
const created = "CREATE ROLE clerk LOGIN PASSWORD 'secret-word'";
const until = (seconds: number) =>
  `ALTER ROLE clerk VALID UNTIL '${new Date(world.kernel.now() + seconds * 1000).toISOString()}'`;
const shown = "SELECT rolvaliduntil AS until FROM pg_roles WHERE rolname = 'clerk'";
const gone = { refused: expect.stringMatching(/terminat|not queryable/i) };

it('ends are put off by whole cycles of the calendar, infinity is not', () => {
  expect(withLaterEnds(`ALTER ROLE "a" VALID UNTIL '2028-02-29 00:00:00+00'`)).toBe(
    `ALTER ROLE "a" VALID UNTIL '3228-02-29 00:00:00+00'`,
  );
  expect(withLaterEnds("ALTER ROLE a VALID UNTIL 'infinity'")).toBe("ALTER ROLE a VALID UNTIL 'infinity'");
});

describe.skipIf(withoutServers !== undefined)('the right to log in at a real server', () => {
  it('ends by virtual time, and shows as it was given', async () => {
    const end = new Date(world.kernel.now() + 60_000).toISOString();
    const [made] = await world.all(world.start([created, until(60), shown]));
    expect(made?.answers.at(-1)).toEqual([{ until: end }]);
    const [before] = await world.all(world.start(['SELECT 1 AS one'], { login: clerk }));
    expect(before?.answers).toEqual([[{ one: 1 }]]);
    await world.kernel.run({ until: world.kernel.now() + 60_000 });
    const [after] = await world.all(world.start([], { login: clerk }));
    expect(after?.answers).toEqual([{ refused: expect.stringMatching(/^28P01 password authentication failed/) }]);
    await world.all(world.start(["ALTER ROLE clerk VALID UNTIL 'infinity'"]));
    const [again] = await world.all(world.start(['SELECT 1 AS one'], { login: clerk }));
    expect(again?.answers).toEqual([[{ one: 1 }]]);
  });

  it('is asked at the login alone: the job ends who stayed, and nobody else', async () => {
    await world.all(
      world.start([
        created,
        'CREATE EXTENSION pg_cron',
        `SELECT cron.schedule('mainstay-fence', '2 seconds', '${endSessionsStatement}')`,
        until(5),
      ]),
    );
    const stays = world.start(['SELECT 1 AS one', 3_000, 'SELECT 2 AS two', 6_000, 'SELECT 3 AS three'], {
      login: clerk,
    });
    const master = world.start(['SELECT 1 AS one', 9_000, 'SELECT 2 AS two']);
    const [seen, other] = await world.all(stays, master);
    expect(seen?.answers).toEqual([[{ one: 1 }], [{ two: 2 }], gone]);
    expect(other?.answers).toEqual([[{ one: 1 }], [{ two: 2 }]]);
  });
});
