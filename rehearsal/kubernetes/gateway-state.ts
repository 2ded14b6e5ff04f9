import type { NamedArn } from './ports.ts';
import type { BackendReference } from './route-backends.ts';

/** A Gateway with its load balancer. */
export interface GatewayState {
  readonly loadBalancer: NamedArn & { readonly dnsName: string };
  /** CIDRs of the subnets that its nodes stand in. */
  readonly subnets: readonly string[];
  active: boolean;
}

/** What the listener does with a route's requests. */
export interface ListenerRule {
  readonly backends: readonly BackendReference[];
  /** Where no backend has weight: 500 of the route's rule, 404 of the listener when no rule is the route's. */
  readonly unroutedStatus: 404 | 500;
}

/** A route as the load balancer obeys it. */
export interface RouteState {
  readonly gateway: string;
  obeyed: ListenerRule | undefined;
  wanted: string;
}
