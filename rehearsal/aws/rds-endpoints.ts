import {
  type ClientStream,
  NetworkError,
  type NetworkSource,
  type PeerStream,
  type StreamPeer,
} from '../lambda/network.ts';
import { Front } from '../postgres/real/front.ts';
import { PostgresSession } from '../postgres/session.ts';
import {
  databaseConnectionMilliseconds,
  databaseMessageMilliseconds,
  unansweredCallMilliseconds,
} from './durations.ts';
import type { Ec2 } from './ec2-inert.ts';
import type { RdsContext } from './rds-context.ts';
import type { DatabaseInstanceState } from './rds-instances.ts';
import type { Connection } from './rds-sessions.ts';
import type { SimulatedService } from './service.ts';

/** The instances' endpoints as a peer of the functions' network. Reached from the VPC by whom the security groups let through. */
export function databaseEndpoints(context: RdsContext): StreamPeer {
  const { instances, sessions } = context;
  const { kernel } = context.world.account;
  return {
    name: 'the databases',
    serves: (host) => host.endsWith('.rds.amazonaws.com'),
    async open({ host, port }, source, client) {
      const instance = instances.all.find((candidate) => candidate.host === host && candidate.status !== 'creating');
      if (!instance) throw new NetworkError('ENOTFOUND', `getaddrinfo ENOTFOUND ${host}`);
      if (source.vpcId !== instance.vpcId) throw new NetworkError('ETIMEDOUT', `connect ETIMEDOUT ${host}:${port}`);
      await kernel.sleep(databaseConnectionMilliseconds, `connect to ${instance.identifier}`);
      if (instance.outage === 'lost' || !isLetIn(context, instance, port, source)) {
        await kernel.sleep(unansweredCallMilliseconds, `${instance.identifier} does not answer`);
        throw new NetworkError('ETIMEDOUT', `connect ETIMEDOUT ${host}:${port}`);
      }
      if (instance.port !== port || instance.outage !== undefined || instance.real?.running === false)
        throw new NetworkError('ECONNREFUSED', `connect ECONNREFUSED ${host}:${port}`);
      return stream(context, instance, sessions.add(instance, client));
    },
  };
}

function isLetIn(
  { world }: RdsContext,
  { vpcId, figures }: DatabaseInstanceState,
  port: number,
  { subnetIds = [], securityGroupIds = [] }: NetworkSource,
): boolean {
  const { network } = world.account.service<SimulatedService & Ec2>('ec2');
  const to = { vpcId, groups: figures.securityGroupIds, port };
  return network.connects({ subnetIds, groups: securityGroupIds }, to);
}

/** One connection: what the client says, and what the server answers after the network's delay and the storage's. */
function stream(context: RdsContext, instance: DatabaseInstanceState, connection: Connection): PeerStream {
  const { kernel } = context.world.account;
  let readyAt = 0;
  const later = (what: string, action: () => void): void => {
    readyAt = Math.max(readyAt, kernel.now() + databaseMessageMilliseconds);
    kernel.at(readyAt, `${what} of ${instance.identifier}`, () => {
      if (!connection.silent && !connection.ended) action();
    });
  };
  const server = serverSide(context, instance, connection.client, later, () => {
    connection.ended = true;
    context.sessions.remove(instance, connection);
  });
  return {
    receive(bytes) {
      if (connection.silent || connection.ended) return;
      const slow = instance.storage?.delayOf(bytes) ?? 0;
      if (slow > 0) readyAt = Math.max(readyAt, kernel.now()) + slow;
      server.receive(bytes);
    },
    secure: (client) => server.secure(client),
    closed() {
      context.sessions.remove(instance, connection);
      server.closed();
    },
  };
}

/** A real server's front, or a session of the modelled database. */
function serverSide(
  { world, replication, sessions }: RdsContext,
  instance: DatabaseInstanceState,
  client: ClientStream,
  later: (what: string, action: () => void) => void,
  ended: () => void,
): PeerStream {
  const { account } = world;
  const { host, tlsForced, real } = instance;
  const common = {
    host,
    tlsForced,
    send: (bytes: Buffer) => later('answer', () => client.receive(bytes)),
    end: () =>
      later('end', () => {
        ended();
        client.closed();
      }),
    fail: (error: unknown) => account.kernel.fail(error),
  };
  if (real) return new Front({ ...common, hold: (work) => account.kernel.hold(work) }, real.sessions);
  return new PostgresSession({
    ...common,
    backends: sessions.backendsOf(instance),
    clockOffset: () => account.regions.clockOffset(instance.region),
    ...(instance.replicaOf ? { behindMilliseconds: () => replication.behindMilliseconds(instance) } : {}),
    database: (name) => (name === instance.model.name ? instance.model : undefined),
    nonce: () => account.nextId('postgres-nonce', 'hex16'),
  });
}
