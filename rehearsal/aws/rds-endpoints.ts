import { type ClientStream, NetworkError, type StreamPeer } from '../lambda/network.ts';
import { PostgresSession } from '../postgres/session.ts';
import { databaseConnectionMilliseconds, databaseMessageMilliseconds } from './durations.ts';
import type { DatabaseInstanceState } from './rds.ts';
import { type AccountServices, Unmodelled } from './service.ts';

/** The instances' endpoints as a peer of the functions' network. Security groups are not simulated: who is in the VPC reaches them. */
export function databaseEndpoints(
  account: AccountServices,
  instances: () => readonly DatabaseInstanceState[],
): StreamPeer {
  return {
    name: 'the databases',
    serves: (host) => host.endsWith('.rds.amazonaws.com'),
    async open({ host, port }, source, client) {
      const instance = instances().find((candidate) => candidate.host === host);
      if (!instance) throw new NetworkError('ENOTFOUND', `getaddrinfo ENOTFOUND ${host}`);
      if (source.vpcId !== instance.vpcId) throw new NetworkError('ETIMEDOUT', `connect ETIMEDOUT ${host}:${port}`);
      await account.kernel.sleep(databaseConnectionMilliseconds, `connect to ${instance.identifier}`);
      if (instance.port !== port) throw new NetworkError('ECONNREFUSED', `connect ECONNREFUSED ${host}:${port}`);
      if (instance.replicaOf) {
        throw new Unmodelled(`${source.functionName} connects to the replica ${host}, which is not modelled.`);
      }
      return session(account, instance, client);
    },
  };
}

function session(account: AccountServices, instance: DatabaseInstanceState, client: ClientStream): PostgresSession {
  const later = (what: string, action: () => void): void => {
    account.kernel.after(databaseMessageMilliseconds, `${what} of ${instance.identifier}`, action);
  };
  return new PostgresSession({
    host: instance.host,
    tlsForced: instance.tlsForced,
    database: (name) => (name === instance.model.name ? instance.model : undefined),
    send: (bytes) => later('answer', () => client.receive(bytes)),
    end: () => later('end', () => client.closed()),
    nonce: () => account.nextId('postgres-nonce', 'hex16'),
    fail: (error) => account.kernel.fail(error),
  });
}
