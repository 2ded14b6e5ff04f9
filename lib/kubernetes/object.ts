import { labels } from '../../domain/names.ts';
import type { Place, Service } from '../../platforms/schema.ts';
import type { StagedPlatform } from '../../platforms/stage.ts';

/** A Kubernetes object as it is applied. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Labels of everything that belongs to the environment as a whole. */
export function environmentLabels(environment: string): Record<string, string> {
  return { [labels.partOf]: environment, [labels.managedBy]: 'mainstay' };
}

/** Labels of everything that belongs to a service. */
export function serviceLabels(environment: string, service: string): Record<string, string> {
  return { [labels.service]: service, ...environmentLabels(environment) };
}

/** What a service's objects are made from. */
export interface ServiceScope {
  readonly platform: StagedPlatform;
  readonly environment: string;
  readonly service: Service;
  /** Where it runs: the primary or the standby. */
  readonly place: Place;
  /** Host of that region's own registry: `111111111111.dkr.ecr.us-east-1.amazonaws.com`. */
  readonly registry: string;
}
