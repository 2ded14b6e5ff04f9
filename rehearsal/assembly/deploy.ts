import { readFileSync } from 'node:fs';
import type { SimulatedAccount } from '../aws/account.ts';
import { resourceCreationMilliseconds } from '../aws/durations.ts';
import { type DeployedResource, Unmodelled } from '../aws/service.ts';
import { createCustomResource, isCustomResource } from './custom-resource.ts';
import { DeploymentFailed } from './deployment-failed.ts';
import { parameterValue, resolveDynamic } from './dynamic.ts';
import { isObject, Resolver, type Scope } from './intrinsics.ts';
import { type Assembly, AssemblyError, type AssemblyStack } from './load.ts';
import { creationOrder } from './order.ts';
import { checkTemplate, QuotaBook, QuotaExceeded, type QuotaUse } from './quotas.ts';
import { knownSections, type Template, type TemplateResource } from './template.ts';

/** A resource as it stands after the deployment. */
export interface DeployedStackResource extends DeployedResource {
  readonly stackName: string;
  readonly region: string;
  readonly logicalId: string;
  readonly type: string;
}

/** A resource that was passed over, with the reason. */
export interface SkippedResource {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  readonly reason: string;
}

/** A property that was set and has no effect in a rehearsal, with the reason its provider gives. */
export interface InertProperty {
  readonly type: string;
  readonly property: string;
  readonly reason: string;
}

/** What stands in the account after the assembly was deployed. */
export interface Deployment {
  readonly stacks: readonly { readonly stackName: string; readonly region: string }[];
  readonly resources: readonly DeployedStackResource[];
  readonly skipped: readonly SkippedResource[];
  /** Each once. */
  readonly inert: readonly InertProperty[];
  /** Of every quota that is checked, where most was taken. */
  quotaUses(): readonly QuotaUse[];
  /** Value of a stack's output. Throws RangeError naming the outputs there are. */
  output(stackName: string, region: string, name: string): unknown;
  /** All outputs of a stack by name. Throws RangeError for a stack that was not deployed. */
  outputs(stackName: string, region: string): Readonly<Record<string, unknown>>;
}

/** Types that stand for nothing in an account. */
const skippedTypes: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'tells AWS which CDK library made the template; deploys nothing',
};

/** Attributes of a resource beside its type and properties that change nothing in a first deployment. */
const knownAttributes = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
];

/**
 * Deploys every stack of the assembly in order, into an account without stacks. Virtual time passes; awaits it, so the kernel has to run.
 * Throws Unmodelled for a resource or property nobody models, AssemblyError for a template CloudFormation would refuse,
 * DeploymentFailed for a resource that could not be created, and QuotaExceeded for one that AWS would not give.
 */
export async function deploy(assembly: Assembly, account: SimulatedAccount): Promise<Deployment> {
  const deployment = new RunningDeployment(assembly, account);
  for (const stack of assembly.stacks) await deployment.deployStack(stack);
  account.log.write('deployment.finished', {
    stacks: deployment.stacks.length,
    resources: deployment.resources.length,
    inert: deployment.inert.length,
  });
  return deployment;
}

/** A stack to be created: one of the assembly, or one nested in another. */
interface StackRequest {
  readonly stackName: string;
  readonly region: string;
  readonly template: Template;
  readonly parameters: Readonly<Record<string, unknown>>;
}

class RunningDeployment implements Deployment {
  readonly stacks: { stackName: string; region: string }[] = [];
  readonly resources: DeployedStackResource[] = [];
  readonly skipped: SkippedResource[] = [];
  readonly inert: InertProperty[] = [];
  readonly #assembly: Assembly;
  readonly #account: SimulatedAccount;
  readonly #outputs = new Map<string, Readonly<Record<string, unknown>>>();
  readonly #exports = new Map<string, unknown>();
  readonly #quotas = new QuotaBook();

  constructor(assembly: Assembly, account: SimulatedAccount) {
    this.#assembly = assembly;
    this.#account = account;
  }

  quotaUses(): readonly QuotaUse[] {
    return this.#quotas.uses();
  }

  outputs(stackName: string, region: string): Readonly<Record<string, unknown>> {
    const outputs = this.#outputs.get(`${region}/${stackName}`);
    if (outputs) return outputs;
    throw new RangeError(
      `No stack ${region}/${stackName} was deployed; deployed are ${[...this.#outputs.keys()].join(', ')}.`,
    );
  }

  output(stackName: string, region: string, name: string): unknown {
    const outputs = this.outputs(stackName, region);
    if (Object.hasOwn(outputs, name)) return outputs[name];
    throw new RangeError(
      `${stackName} in ${region} has no output '${name}'; it has ${Object.keys(outputs).join(', ') || 'none'}.`,
    );
  }

  async deployStack(stack: AssemblyStack): Promise<void> {
    const before = this.resources.length;
    await this.#createStack(stack);
    this.stacks.push({ stackName: stack.stackName, region: stack.region });
    this.#account.log.write('stack.deployed', {
      stack: stack.stackName,
      region: stack.region,
      resources: this.resources.length - before,
    });
  }

  /** Creates the stack's resources and returns its id. */
  async #createStack(request: StackRequest): Promise<string> {
    const { stackName, region, template } = request;
    checkTemplate(stackName, template);
    const unknown = Object.keys(template).filter((section) => !knownSections.includes(section));
    if (unknown.length > 0 && !(unknown.length === 1 && template.Transform === 'AWS::LanguageExtensions')) {
      throw new Unmodelled(`${stackName}: the rehearsal does not model the template section ${unknown.join(', ')}.`);
    }
    const stackId = `arn:aws:cloudformation:${region}:${this.#account.account}:stack/${stackName}/${this.#account.nextId('stack', 'uuid')}`;
    const standing = new Map<string, DeployedResource>();
    const parameters = await this.#parameters(request);
    const resolver = new Resolver(this.#scope({ ...request, parameters }, stackId, standing));
    for (const logicalId of creationOrder(stackName, template)) {
      const resource = template.Resources?.[logicalId];
      if (!resource || this.#skips(stackName, logicalId, resource, resolver)) continue;
      const deployed = await this.#createResource(request, stackId, logicalId, resource, resolver);
      standing.set(logicalId, deployed);
      this.resources.push({ ...deployed, stackName, region, logicalId, type: resource.Type });
    }
    this.#keepOutputs(request, resolver);
    return stackId;
  }

  #skips(stackName: string, logicalId: string, resource: TemplateResource, resolver: Resolver): boolean {
    const place = `Resources.${logicalId}`;
    const reason =
      skippedTypes[resource.Type] ??
      (resource.Condition && !resolver.holds(resource.Condition, place)
        ? `its condition '${resource.Condition}' does not hold`
        : undefined);
    if (reason) this.skipped.push({ stackName, logicalId, type: resource.Type, reason });
    return reason !== undefined;
  }

  async #createResource(
    stack: StackRequest,
    stackId: string,
    logicalId: string,
    resource: TemplateResource,
    resolver: Resolver,
  ): Promise<DeployedResource> {
    const { stackName, region } = stack;
    const place = `${stackName}/${logicalId} (${resource.Type})`;
    const unknown = Object.keys(resource).filter((attribute) => !knownAttributes.includes(attribute));
    if (unknown.length > 0)
      throw new Unmodelled(`${place}: the rehearsal does not model the attribute ${unknown.join(', ')}.`);
    const resolved = resolver.resolve(resource.Properties ?? {}, `Resources.${logicalId}.Properties`);
    const properties = (await resolveDynamic(this.#account, region, resolved)) as Record<string, unknown>;
    await this.#account.kernel.sleep(resourceCreationMilliseconds, `create ${place}`);
    if (resource.Type === 'AWS::CloudFormation::Stack') return this.#createNested(stack, logicalId, properties);
    const provider = this.#account.provider(resource.Type);
    const request = { type: resource.Type, logicalId, stackName, region, account: this.#account.account, properties };
    try {
      if (!provider && isCustomResource(resource.Type))
        return await createCustomResource(this.#account, stackId, request);
      if (!provider)
        throw new Unmodelled('the rehearsal does not model this resource type; register a provider for it');
      this.#checkProperties(provider, properties);
      const deployed = await this.#account.kernel.within(region, async () => provider.create(request));
      this.#quotas.count(place, request, deployed);
      return deployed;
    } catch (error) {
      if (error instanceof QuotaExceeded) throw error;
      if (error instanceof Unmodelled) throw new Unmodelled(`${place}: ${error.message}`);
      throw new DeploymentFailed(place, error);
    }
  }

  #checkProperties(
    provider: {
      readonly type: string;
      readonly modelled: readonly string[];
      readonly inert: Readonly<Record<string, string>>;
    },
    properties: Readonly<Record<string, unknown>>,
  ): void {
    const unknown: string[] = [];
    for (const property of Object.keys(properties)) {
      if (provider.modelled.includes(property)) continue;
      const reason = provider.inert[property];
      if (reason === undefined) unknown.push(property);
      else if (!this.inert.some((known) => known.type === provider.type && known.property === property)) {
        this.inert.push({ type: provider.type, property, reason });
      }
    }
    if (unknown.length > 0) {
      throw new Unmodelled(
        `the rehearsal does not model the property ${unknown.join(', ')}; modelled are ${[...provider.modelled, ...Object.keys(provider.inert)].join(', ')}`,
      );
    }
  }

  async #createNested(
    parent: StackRequest,
    logicalId: string,
    properties: Readonly<Record<string, unknown>>,
  ): Promise<DeployedResource> {
    const place = `${parent.stackName}/${logicalId} (AWS::CloudFormation::Stack)`;
    const unknown = Object.keys(properties).filter(
      (name) => !['TemplateURL', 'Parameters', 'Tags', 'TimeoutInMinutes'].includes(name),
    );
    if (unknown.length > 0)
      throw new Unmodelled(`${place}: the rehearsal does not model the property ${unknown.join(', ')}.`);
    const url = String(properties['TemplateURL']);
    const [, bucket = '', key = ''] = /^https:\/\/s3\.[^/]+\/([^/]+)\/(.+)$/.exec(url) ?? [];
    const file = this.#assembly.locate(bucket, key);
    if (!file) throw new AssemblyError(`${place}: no asset of the assembly has the address ${url}.`);
    const stackName = `${parent.stackName}-${logicalId}`;
    const stackId = await this.#createStack({
      stackName,
      region: parent.region,
      template: JSON.parse(readFileSync(file, 'utf8')) as Template,
      parameters: isObject(properties['Parameters']) ? properties['Parameters'] : {},
    });
    const outputs = Object.entries(this.outputs(stackName, parent.region));
    return { ref: stackId, attributes: Object.fromEntries(outputs.map(([name, value]) => [`Outputs.${name}`, value])) };
  }

  async #parameters(request: StackRequest): Promise<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const [name, definition] of Object.entries(request.template.Parameters ?? {})) {
      const given = request.parameters[name] ?? definition.Default;
      if (given === undefined) {
        throw new AssemblyError(`${request.stackName}: the parameter '${name}' has neither a value nor a default.`);
      }
      const [, inner] = /^AWS::SSM::Parameter::Value<(.+)>$/.exec(definition.Type) ?? [];
      const text = inner ? await this.#looksUp(String(given), request.region) : given;
      const isList = /^(CommaDelimitedList|List<.+>)$/.test(inner ?? definition.Type);
      values[name] = isList && typeof text === 'string' ? text.split(',').map((item) => item.trim()) : text;
    }
    return values;
  }

  /** The bootstrap stack is CDK's own and no part of the assembly: its version is only there to be compared by a rule. */
  async #looksUp(parameterName: string, region: string): Promise<string> {
    if (parameterName.startsWith('/cdk-bootstrap/')) return '30';
    return parameterValue(this.#account, region, parameterName);
  }

  #scope(request: StackRequest, stackId: string, resources: ReadonlyMap<string, DeployedResource>): Scope {
    return {
      ...request,
      stackId,
      account: this.#account.account,
      resources,
      exported: (name) => this.#exports.get(`${request.region}/${name}`),
      stackOutput: (stackName, region, name) => this.#outputs.get(`${region}/${stackName}`)?.[name],
      zones: (region) => ['a', 'b', 'c'].map((letter) => `${region}${letter}`),
    };
  }

  #keepOutputs({ stackName, region, template }: StackRequest, resolver: Resolver): void {
    const outputs: Record<string, unknown> = {};
    for (const [name, output] of Object.entries(template.Outputs ?? {})) {
      const place = `Outputs.${name}`;
      if (output.Condition && !resolver.holds(output.Condition, place)) continue;
      outputs[name] = resolver.resolve(output.Value, place);
      if (output.Export) this.#exports.set(`${region}/${resolver.resolve(output.Export.Name, place)}`, outputs[name]);
    }
    this.#outputs.set(`${region}/${stackName}`, outputs);
  }
}
