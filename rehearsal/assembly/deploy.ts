import type { SimulatedAccount } from '../aws/account.ts';
import type { Assembly } from './load.ts';

/** A resource as it stands after the deployment. */
export interface DeployedStackResource {
  readonly stackName: string;
  readonly region: string;
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** A resource that was passed over, with the reason. */
export interface SkippedResource {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  readonly reason: string;
}

/** What stands in the account after the assembly was deployed. */
export interface Deployment {
  readonly stacks: readonly { readonly stackName: string; readonly region: string }[];
  readonly resources: readonly DeployedStackResource[];
  readonly skipped: readonly SkippedResource[];
  /** Value of a stack's output. Throws RangeError naming the outputs there are. */
  output(stackName: string, region: string, name: string): unknown;
  outputs(stackName: string, region: string): Readonly<Record<string, unknown>>;
}

/** Deploys every stack of the assembly, one after the other. */
export async function deploy(_assembly: Assembly, _account: SimulatedAccount): Promise<Deployment> {
  throw new Error('not yet built');
}
