import type { FailoverPlan, FailoverService } from '../../domain/failover-plan.ts';
import type { InvariantResult } from '../../domain/invariants.ts';
import type { ValidateRegionInput, ValidateRegionOutput } from '../../domain/workflows/region-failover.ts';
import { sideBySide } from '../backup/side-by-side.ts';
import type { Entrance, ServingCluster } from '../ports/serving.ts';
import type { PromotedPorts } from './enter-reign.ts';

export interface ValidateRegionPorts extends PromotedPorts {
  readonly region: string;
  readonly plan: FailoverPlan;
  readonly services: readonly FailoverService[];
  readonly cluster: Pick<ServingCluster, 'see'>;
  readonly entrance: Entrance;
  /** The platform's own queries about one database, asked of it. */
  invariantsOf(database: string): Promise<readonly InvariantResult[]>;
}

/** Databases that are looked at beside each other. */
const databasesAtATime = 20;

/**
 * Whether the region may serve: each database takes a write of the new reign and reads it back, its invariants hold, every service that was released has a
 * pod that is ready, and one request gets through from end to end. What does not answer is wrong, and the workflow looks again. Changes nothing but the heartbeat.
 */
export async function validateRegion(
  { run }: ValidateRegionInput,
  ports: ValidateRegionPorts,
): Promise<ValidateRegionOutput> {
  const { databases, services } = ports;
  const found = await Promise.all([
    sideBySide(databases, databasesAtATime, (database) => wrongWithDatabase(database, run.epoch + 1, ports)),
    Promise.all(services.map((service) => wrongWithService(service, ports))),
    wrongWithEntrance(ports),
  ]);
  const wrong = found.flat(2);
  return { valid: wrong.length === 0, wrong };
}

type Promoted = PromotedPorts['databases'][number];

async function wrongWithDatabase(
  { name, login }: Promoted,
  epoch: number,
  { withDatabase, invariantsOf }: ValidateRegionPorts,
): Promise<readonly string[]> {
  const heartbeat = await unless(name, () =>
    withDatabase(login, async (database) => {
      const written = await database.beatIn(epoch);
      const read = await database.beat();
      const same = read?.epoch === written.epoch && read.beatenAt.getTime() >= written.beatenAt.getTime();
      if (!same) return [`${name}: the heartbeat that was written is not what is read`];
      return written.epoch === epoch ? [] : [`${name}: its heartbeat is of reign ${written.epoch}, not ${epoch}`];
    }),
  );
  if (heartbeat.length > 0) return heartbeat;
  return unless(name, async () =>
    (await invariantsOf(name))
      .filter(({ holds }) => !holds)
      .map(({ name: query, expected, found }) => `${name}: ${query} is ${found}, and ${expected} is expected`),
  );
}

async function wrongWithService(
  service: FailoverService,
  { cluster }: Pick<ValidateRegionPorts, 'cluster'>,
): Promise<readonly string[]> {
  return unless(service.name, async () => {
    const { released, pods } = await cluster.see(service);
    return !released || pods.some(({ ready }) => ready) ? [] : [`${service.name}: no pod is ready`];
  });
}

async function wrongWithEntrance({ plan, region, entrance }: ValidateRegionPorts): Promise<readonly string[]> {
  const way = plan.entrance?.ways[region];
  if (!plan.entrance || way === undefined) return [];
  const { hostname, path } = plan.entrance;
  const answer = await entrance.ask(way, hostname, path);
  return answer === 200 ? [] : [`https://${hostname}${path} by ${way} answers ${answer}`];
}

/** What does not answer is no failure of the task: the region is not valid yet. */
async function unless(subject: string, look: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await look();
  } catch (error) {
    const { name, message } = error as Error;
    return [`${subject}: ${name}: ${message}`];
  }
}
