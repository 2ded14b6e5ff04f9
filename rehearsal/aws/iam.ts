import type { Iam } from '../iam/index.ts';
import type { CreateModule } from './module.ts';
import { AwsError, type Operation, type OperationInput, type SimulatedService, Unmodelled } from './service.ts';

interface Entry {
  readonly ContextKeyName?: string;
  readonly ContextKeyValues?: readonly string[];
}

/** The API of IAM, which has one endpoint in us-east-1: the same policies and the same engine that decide every call of a rehearsal. */
export class IamService implements SimulatedService {
  readonly id = 'iam';
  readonly operations: Readonly<Record<string, Operation>> = {
    SimulatePrincipalPolicy: this.#simulatePrincipalPolicy(),
  };
  readonly #iam: Pick<Iam, 'simulate' | 'hasRole'>;

  constructor(iam: Pick<Iam, 'simulate' | 'hasRole'>) {
    this.#iam = iam;
  }

  /**
   * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html. Roles alone; policies given in the request and those of resources
   * are not modelled. The service authorization reference names the role as its resource.
   */
  #simulatePrincipalPolicy(): Operation {
    return {
      inputs: ['PolicySourceArn', 'ActionNames', 'ResourceArns', 'ContextEntries'],
      authorise: (input) => [{ action: 'iam:SimulatePrincipalPolicy', resources: [String(input['PolicySourceArn'])] }],
      run: (input) => {
        const role = String(input['PolicySourceArn']);
        if (!this.#iam.hasRole(role))
          throw new AwsError('NoSuchEntityException', `The role ${role} cannot be found.`, 404);
        const resources = (input['ResourceArns'] ?? ['*']) as readonly string[];
        const [resource] = resources;
        if (resource === undefined || resources.length > 1) {
          throw new Unmodelled('SimulatePrincipalPolicy is modelled for one resource a call.');
        }
        const actions = input['ActionNames'] as readonly string[];
        return {
          IsTruncated: false,
          EvaluationResults: actions.map((action) => this.#evaluated(role, action, resource, input)),
        };
      },
    };
  }

  #evaluated(role: string, action: string, resource: string, input: OperationInput): OperationInput {
    const entries = ((input['ContextEntries'] ?? []) as readonly Entry[]).map(
      ({ ContextKeyName, ContextKeyValues }): [string, readonly string[]] => [
        String(ContextKeyName).toLowerCase(),
        ContextKeyValues ?? [],
      ],
    );
    const { decision, reason } = this.#iam.simulate(role, action, resource, new Map(entries));
    const denied = reason.startsWith('explicit Deny') ? 'explicitDeny' : 'implicitDeny';
    return {
      EvalActionName: action,
      EvalResourceName: resource,
      EvalDecision: decision === 'allowed' ? 'allowed' : denied,
    };
  }
}

export const createIamService: CreateModule = ({ iam }) => ({ services: [new IamService(iam)] });
