import { page } from './modelled.ts';
import type { CreateModule } from './module.ts';
import {
  type AccountServices,
  AwsError,
  type CallContext,
  type Operation,
  type OperationInput,
  type ResourceProvider,
  type SimulatedService,
  Unmodelled,
} from './service.ts';

interface Parameter {
  readonly name: string;
  readonly type: 'String' | 'StringList';
  readonly value: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

/** 'Standard: maximum size of a parameter value 4 KB': https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html */
const standardValueBytesMax = 4096;

/**
 * Parameters that stand in every account that the CDK was bootstrapped in; templates read the version.
 * https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
 */
const bootstrapParameters: Readonly<Record<string, string>> = { '/cdk-bootstrap/hnb659fds/version': '30' };

/** The simulated Parameter Store of all regions. */
export class Ssm implements SimulatedService {
  readonly id = 'ssm';
  readonly operations: Readonly<Record<string, Operation>>;
  readonly providers: readonly ResourceProvider[];
  readonly #services: AccountServices;
  readonly #regions = new Map<string, Map<string, Parameter>>();

  constructor(services: AccountServices) {
    this.#services = services;
    this.operations = { ...this.#reads(), ...this.#writes() };
    this.providers = [this.#provider()];
  }

  /** Value of a parameter, for checkers; undefined when there is none. */
  value(region: string, name: string): string | undefined {
    return this.#find(region, name)?.value;
  }

  #parameters(region: string): Map<string, Parameter> {
    const parameters = this.#regions.get(region) ?? new Map<string, Parameter>();
    this.#regions.set(region, parameters);
    return parameters;
  }

  #find(region: string, name: string): Parameter | undefined {
    const value = bootstrapParameters[name];
    const bootstrap: Parameter | undefined =
      value === undefined
        ? undefined
        : { name, type: 'String', value, version: 1, modifiedAt: this.#services.kernel.startedAt };
    return this.#parameters(region).get(name) ?? bootstrap;
  }

  #put(region: string, input: OperationInput): Parameter {
    const name = String(input['Name']);
    const known = this.#find(region, name);
    if (known && input['Overwrite'] !== true) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    const type = input['Type'] ?? known?.type;
    if (type === undefined)
      throw new AwsError('ValidationException', 'A parameter type is required when you create a parameter.');
    if (type !== 'String' && type !== 'StringList') {
      throw new Unmodelled(
        `Parameter '${name}' has the type ${type}; String and StringList are modelled (secrets belong in Secrets Manager).`,
      );
    }
    if ((input['Tier'] ?? 'Standard') !== 'Standard')
      throw new Unmodelled(`Parameter '${name}' has the tier ${input['Tier']}; Standard is modelled.`);
    checkName(name);
    const value = String(input['Value']);
    if (Buffer.byteLength(value) > standardValueBytesMax) {
      throw new AwsError(
        'ValidationException',
        `Standard tier parameters support a maximum parameter value of ${standardValueBytesMax} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.`,
      );
    }
    const parameter: Parameter = {
      name,
      type,
      value,
      version: (known?.version ?? 0) + 1,
      modifiedAt: this.#services.kernel.now(),
    };
    this.#parameters(region).set(name, parameter);
    return parameter;
  }

  #reads(): Record<string, Operation> {
    return {
      GetParameter: {
        inputs: ['Name', 'WithDecryption'],
        authorise: (input, context) => [
          { action: 'ssm:GetParameter', resources: [parameterArn(context, input['Name'])] },
        ],
        run: (input, context) => {
          const parameter = this.#find(context.region, plainName(input['Name']));
          if (!parameter) throw new AwsError('ParameterNotFound', `Parameter ${input['Name']} not found.`);
          return { Parameter: describe(parameter, context) };
        },
      },
      GetParameters: {
        inputs: ['Names', 'WithDecryption'],
        authorise: (input, context) => [
          { action: 'ssm:GetParameters', resources: input['Names'].map((name: string) => parameterArn(context, name)) },
        ],
        run: (input, context) => {
          const names: string[] = input['Names'];
          if (names.length > 10)
            throw new AwsError('ValidationException', `GetParameters takes 10 names at most; ${names.length} came.`);
          const found = names.map((name) => this.#find(context.region, plainName(name)));
          return {
            Parameters: found.flatMap((parameter) => (parameter ? [describe(parameter, context)] : [])),
            InvalidParameters: names.filter((_name, index) => !found[index]),
          };
        },
      },
      GetParametersByPath: {
        inputs: ['Path', 'Recursive', 'WithDecryption', 'MaxResults', 'NextToken'],
        authorise: (input, context) => [
          {
            action: 'ssm:GetParametersByPath',
            resources: [parameterArn(context, String(input['Path']).replace(/(.)\/$/, '$1'))],
          },
        ],
        run: (input, context) => {
          const path = `${String(input['Path']).replace(/\/$/, '')}/`;
          const below = [...this.#parameters(context.region).values()]
            .filter(
              ({ name }) =>
                name.startsWith(path) && (input['Recursive'] === true || !name.slice(path.length).includes('/')),
            )
            .sort((a, b) => (a.name < b.name ? -1 : 1));
          // 'MaxResults: 10 at most' and by default: API_GetParametersByPath
          const { items, nextToken } = page(below, input['NextToken'], Number(input['MaxResults'] ?? 10));
          return {
            Parameters: items.map((parameter) => describe(parameter, context)),
            ...(nextToken === undefined ? {} : { NextToken: nextToken }),
          };
        },
      },
    };
  }

  #writes(): Record<string, Operation> {
    return {
      PutParameter: {
        inputs: ['Name', 'Value', 'Type', 'Overwrite', 'Description', 'Tier', 'DataType'],
        authorise: (input, context) => [
          {
            action: 'ssm:PutParameter',
            resources: [parameterArn(context, input['Name'])],
            conditions: { 'ssm:Overwrite': String(input['Overwrite'] === true) },
          },
        ],
        run: (input, context) => ({ Version: this.#put(context.region, input).version, Tier: 'Standard' }),
      },
      DeleteParameter: {
        inputs: ['Name'],
        authorise: (input, context) => [
          { action: 'ssm:DeleteParameter', resources: [parameterArn(context, input['Name'])] },
        ],
        run: (input, context) => {
          if (this.#parameters(context.region).delete(plainName(input['Name']))) return {};
          throw new AwsError('ParameterNotFound', `Parameter ${input['Name']} not found.`);
        },
      },
    };
  }

  #provider(): ResourceProvider {
    return {
      type: 'AWS::SSM::Parameter',
      modelled: ['Name', 'Type', 'Value', 'Tier'],
      inert: {
        Description: 'for people',
        Tags: 'tags of parameters play no part in a rehearsal',
        DataType: 'text is the only one used',
        AllowedPattern: 'CloudFormation checks it at deployment; values come from the app itself',
      },
      create: (request) => {
        const name = String(
          request.properties['Name'] ?? `CFN-${request.logicalId}-${this.#services.nextId('parameter', 'alnum13')}`,
        );
        const { type, value } = this.#put(request.region, { ...request.properties, Name: name });
        return { ref: name, attributes: { Type: type, Value: value } };
      },
    };
  }
}

/** SSM as a module of the simulated world. */
export const createSsm: CreateModule = ({ account }) => {
  const ssm = new Ssm(account);
  return { services: [ssm], providers: ssm.providers };
};

function parameterArn(context: CallContext, name: unknown): string {
  return `arn:aws:ssm:${context.region}:${context.account}:parameter/${String(name).replace(/^\//, '')}`;
}

/** A name without version or label. Throws Unmodelled for `name:version`, `name:label` and ARNs. */
function plainName(name: unknown): string {
  if (String(name).includes(':'))
    throw new Unmodelled(`Parameter '${name}' is named by version, label or ARN; plain names are modelled.`);
  return String(name);
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
function checkName(name: string): void {
  const levels = name.split('/').length - 1;
  const fine = /^[a-zA-Z0-9_.\-/]{1,1011}$/.test(name) && (levels === 0 || name.startsWith('/')) && levels <= 15;
  if (!fine || /^\/?(aws|ssm)/i.test(name)) {
    throw new AwsError(
      'ValidationException',
      `Parameter name '${name}' is not allowed: letters, digits, _.-/, a leading slash before levels, 15 levels, no prefix 'aws' or 'ssm'.`,
    );
  }
}

function describe(parameter: Parameter, context: CallContext): OperationInput {
  return {
    Name: parameter.name,
    Type: parameter.type,
    Value: parameter.value,
    Version: parameter.version,
    LastModifiedDate: new Date(parameter.modifiedAt),
    ARN: parameterArn(context, parameter.name),
    DataType: 'text',
  };
}
