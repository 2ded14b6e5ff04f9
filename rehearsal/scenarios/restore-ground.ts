import { environmentName } from '../../domain/names.ts';
import type { Platform } from '../../platforms/schema.ts';
import { SeededFaults } from '../faults/plan.ts';
import { seedApplication, writesTable } from '../postgres/application.ts';
import type { RealServer } from '../postgres/real/server.ts';
import { createRehearsal, type Rehearsal } from '../rehearsal.ts';
import { isForLostRegions } from './left-out.ts';
import { OutcomeReader } from './outcome.ts';
import { RestoreWorld } from './restore-world.ts';
import { plainStage, type Stage } from './stage.ts';

/** What every rehearsal of a restore stands on. */
export interface RestoreGround {
  readonly stage: Stage;
  readonly outcomes: OutcomeReader;
  readonly world: RestoreWorld;
}

interface Asked {
  readonly platform: Platform;
  readonly faults: readonly string[];
  readonly seed: number;
  readonly assemblyDirectory: string;
  readonly postgres?: boolean;
}

/** A Monday evening. */
const startsAt = Date.UTC(2026, 10, 2, 20, 0, 0);
const hour = 3_600_000;
/** So many sets stand before one is restored: the first was made without a set before it. */
const setsBefore = 2;
const setsDeadline = 6 * hour;
/** A client writes all the while. */
const writesEvery = 7_000;

/** The deployed platform, and the faults that the seed draws. */
export async function standForRestore(request: Asked, scenario: string, command: string) {
  const { platform, seed, assemblyDirectory, postgres = false } = request;
  let rehearsal: Rehearsal | undefined;
  const faults = new SeededFaults(request.faults, () => {
    if (!rehearsal) throw new RangeError('faults are asked before the world stands');
    return rehearsal.kernel;
  });
  const lightly = { functionsKeepNothing: true, without: isForLostRegions };
  rehearsal = await createRehearsal({ assemblyDirectory, seed, startsAt, faults, postgres, ...lightly });
  const environment = environmentName(platform.name, 'production');
  rehearsal.log.write('run.started', {
    scenario,
    platform: platform.name,
    environment,
    seed,
    command,
    leftOut: rehearsal.leftOut,
  });
  return { rehearsal, faults };
}

/** Fills the databases, lets a client write to them, and waits until sets are whole in the region. */
export async function fillForRestore(request: Asked, region: string, rehearsal: Rehearsal): Promise<RestoreGround> {
  const { log, kernel } = rehearsal;
  const stage = plainStage(rehearsal, request);
  const outcomes = new OutcomeReader();
  log.subscribe((event) => outcomes.seen(event));
  const world = new RestoreWorld(rehearsal, request.platform, stage.environment);
  await stage.during(fill(rehearsal, world, request));
  const whole = (): boolean => world.sets.verified(region).length >= setsBefore;
  await kernel.run({ until: kernel.now() + setsDeadline, done: whole });
  if (!whole()) throw new Error(`No ${setsBefore} recovery sets were verified in six hours.`);
  return { stage, outcomes, world };
}

/** The application's data, and a client that goes on writing. */
async function fill(rehearsal: Rehearsal, world: RestoreWorld, { platform }: Asked): Promise<void> {
  const { kernel } = rehearsal;
  for (const { name, engine } of platform.databases) {
    if (engine !== 'postgres') continue;
    const { model, real } = world.running(name);
    const seeding = (): Promise<void> => seedApplication({ model, real });
    await (real ? kernel.hold(seeding) : seeding());
    let count = 0;
    const write = async (): Promise<void> => {
      const row = `write ${count++}`;
      model.insert(writesTable, row);
      if (real) await kernel.hold(() => insertInto(real, model.name, row));
      kernel.after(writesEvery, 'a client writes', write);
    };
    kernel.after(writesEvery, 'a client writes', write);
  }
}

/** A session that ends reports its counters at once; this one stays, and is idle for no real time. */
async function insertInto(real: RealServer, database: string, row: string): Promise<void> {
  await real.inspect(database, `INSERT INTO ${writesTable} VALUES ('${row}')`);
  await real.inspect(database, 'SELECT pg_stat_force_next_flush()');
}
