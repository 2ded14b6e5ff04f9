import { labels } from '../../domain/names.ts';
import type { Connection, Peer, Place, Platform, Service } from '../../platforms/schema.ts';
import { type KubernetesObject, serviceLabels } from './object.ts';
import { observedIngress } from './observation.ts';

/** Label that a store's pods carry. */
export const storeLabel = 'mainstay.dev/store';

/** What of the region around the cluster a policy names by its addresses. */
export interface Surroundings {
  readonly scheme: Platform['gateway']['scheme'];
  readonly vpc: Place['vpc'];
}

/** The connections that the platform lists for a service; all others are denied by the namespace's 'deny all'. */
export function networkPolicy(around: Surroundings, environment: string, service: Service): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: service.name, namespace: environment, labels: serviceLabels(environment, service.name) },
    spec: {
      podSelector: { matchLabels: { [labels.service]: service.name } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        ...service.network.ingress.map((connection) => ({
          from: peersOf(around, connection.peer),
          ports: portsOf(connection),
        })),
        ...observedIngress(service, around.vpc),
      ],
      egress: service.network.egress.map((connection) => ({
        to: peersOf(around, connection.peer),
        ports: portsOf(connection),
      })),
    },
  };
}

/** The cluster's DNS, as the other end of a connection. */
export const clusterDns = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
} as const;

function portsOf({ peer, ports }: Connection): readonly object[] {
  const protocols = peer.kind === 'dns' ? ['UDP', 'TCP'] : ['TCP'];
  return ports.flatMap((port) => protocols.map((protocol) => ({ protocol, port })));
}

function peersOf({ scheme, vpc }: Surroundings, peer: Peer): readonly object[] {
  switch (peer.kind) {
    case 'gateway':
      // The load balancer speaks to pods directly, from the subnets that it stands in.
      return (scheme === 'internet-facing' ? vpc.publicSubnets : vpc.privateSubnets).map(({ cidr }) => ({
        ipBlock: { cidr },
      }));
    case 'dns':
      return [clusterDns];
    case 'service':
      return [{ podSelector: { matchLabels: { [labels.service]: peer.service } } }];
    case 'database':
      // An RDS instance moves between the private subnets when its zone fails.
      return vpc.privateSubnets.map(({ cidr }) => ({ ipBlock: { cidr } }));
    case 'store':
      return [{ podSelector: { matchLabels: { [storeLabel]: peer.store } } }];
    case 'pods':
      return [{ podSelector: { matchLabels: peer.labels } }];
    case 'cidr':
      return [{ ipBlock: { cidr: peer.cidr, ...(peer.except.length > 0 ? { except: peer.except } : {}) } }];
  }
}
