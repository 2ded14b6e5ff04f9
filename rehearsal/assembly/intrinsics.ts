import type { DeployedResource } from '../aws/service.ts';
import { subnetsOf } from './cidr.ts';
import { AssemblyError } from './load.ts';
import type { Template } from './template.ts';

/** What the intrinsic functions of one stack's template can see. */
export interface Scope {
  readonly stackName: string;
  readonly stackId: string;
  readonly region: string;
  readonly account: string;
  readonly template: Template;
  /** Values of the template's parameters; a list type's value is an array. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Resources of this stack that stand already. */
  readonly resources: ReadonlyMap<string, DeployedResource>;
  /** Exports of the region's stacks that stand already. */
  exported(name: string): unknown;
  /** Output of any stack that stands already; undefined where there is none. */
  stackOutput(stackName: string, region: string, outputName: string): unknown;
  zones(region: string): readonly string[];
}

/** `AWS::NoValue`: the member that holds it is left out. */
const noValue = Symbol('AWS::NoValue');

/**
 * Resolves the intrinsic functions of one template, strictly: what CloudFormation would refuse, and what is not modelled, is an
 * AssemblyError. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
export class Resolver {
  readonly #scope: Scope;
  readonly #conditions = new Map<string, boolean>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** The value with every intrinsic replaced. `place` is named in errors. */
  resolve(value: unknown, place: string): unknown {
    const resolved = this.#value(value, place);
    if (resolved === noValue) throw this.#error(place, 'AWS::NoValue stands where a value is needed');
    return resolved;
  }

  /** Whether a resource, output or branch exists. */
  holds(condition: string, place: string): boolean {
    const known = this.#conditions.get(condition);
    if (known !== undefined) return known;
    const definition = this.#scope.template.Conditions?.[condition];
    if (definition === undefined) throw this.#error(place, `the template has no condition '${condition}'`);
    const outcome = this.#condition(definition, `Conditions.${condition}`);
    this.#conditions.set(condition, outcome);
    return outcome;
  }

  #value(value: unknown, place: string): unknown {
    if (Array.isArray(value)) {
      return value.map((item, index) => this.#value(item, `${place}[${index}]`)).filter((item) => item !== noValue);
    }
    if (!isObject(value)) return value;
    const keys = Object.keys(value);
    const [key] = keys;
    if (key !== undefined && (key === 'Ref' || key.startsWith('Fn::'))) {
      if (keys.length > 1) throw this.#error(place, `'${key}' stands beside ${keys.slice(1).join(', ')}`);
      return this.#function(key, value[key], place);
    }
    const entries = Object.entries(value).map(([name, member]) => [name, this.#value(member, `${place}.${name}`)]);
    return Object.fromEntries(entries.filter(([, member]) => member !== noValue));
  }

  #function(name: string, argument: unknown, place: string): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(this.#text(argument, place), place);
      case 'Fn::GetAtt':
        return this.#getAtt(argument, place);
      case 'Fn::Sub':
        return this.#sub(argument, place);
      case 'Fn::If':
        return this.#if(argument, place);
      case 'Fn::Join':
      case 'Fn::Select':
      case 'Fn::Split':
      case 'Fn::FindInMap':
      case 'Fn::Cidr':
        return this.#listFunction(name, argument, place);
      case 'Fn::ImportValue':
        return this.#import(this.resolve(argument, place), place);
      case 'Fn::GetStackOutput':
        return this.#stackOutput(argument, place);
      case 'Fn::GetAZs':
        return [...this.#scope.zones(this.#text(this.resolve(argument, place), place) || this.#scope.region)];
      case 'Fn::Base64':
        return Buffer.from(this.#text(this.resolve(argument, place), place)).toString('base64');
      case 'Fn::ToJsonString':
        return JSON.stringify(this.resolve(argument, place));
      case 'Fn::Length':
        return this.#list(this.resolve(argument, place), place).length;
      case 'Fn::Transform':
        throw this.#error(place, 'Fn::Transform runs a macro inside an account, which no rehearsal can expand');
      default:
        throw this.#error(place, `the intrinsic function '${name}' is not modelled`);
    }
  }

  #listFunction(name: string, argument: unknown, place: string): unknown {
    const parts = this.#list(
      Array.isArray(argument) ? argument.map((part) => this.resolve(part, place)) : argument,
      place,
    );
    const [first, second, third] = parts;
    switch (name) {
      case 'Fn::Join':
        return this.#list(second, place)
          .map((item) => this.#text(item, place))
          .join(this.#text(first, place));
      case 'Fn::Split':
        return this.#text(second, place).split(this.#text(first, place));
      case 'Fn::Select': {
        const list = this.#list(second, place);
        const item = list[Number(first)];
        if (item === undefined) throw this.#error(place, `Fn::Select ${first} of a list of ${list.length}`);
        return item;
      }
      case 'Fn::Cidr':
        return subnetsOf(this.#text(first, place), Number(second), Number(third ?? 8));
      default:
        return this.#findInMap(parts, place);
    }
  }

  #findInMap(parts: readonly unknown[], place: string): unknown {
    const [map, first, second, options] = parts;
    const row = this.#scope.template.Mappings?.[String(map)]?.[String(first)];
    if (row && Object.hasOwn(row, String(second))) return row[String(second)];
    if (isObject(options) && 'DefaultValue' in options) return options['DefaultValue'];
    throw this.#error(place, `Fn::FindInMap finds nothing at ${map}/${first}/${second}`);
  }

  #ref(name: string, place: string): unknown {
    const { stackName, stackId, region, account, parameters, resources, template } = this.#scope;
    switch (name) {
      case 'AWS::NoValue':
        return noValue;
      case 'AWS::Region':
        return region;
      case 'AWS::AccountId':
        return account;
      case 'AWS::Partition':
        return 'aws';
      case 'AWS::URLSuffix':
        return 'amazonaws.com';
      case 'AWS::StackName':
        return stackName;
      case 'AWS::StackId':
        return stackId;
      case 'AWS::NotificationARNs':
        return [];
    }
    if (Object.hasOwn(parameters, name)) return parameters[name];
    const resource = resources.get(name);
    if (resource) return resource.ref;
    throw this.#error(place, `Ref names '${name}', ${this.#absence(name, template)}`);
  }

  #getAtt(argument: unknown, place: string): unknown {
    const path = typeof argument === 'string' ? argument : this.#list(argument, place).join('.');
    const [logicalId = '', ...rest] = path.split('.');
    const attribute = rest.join('.');
    const resource = this.#scope.resources.get(logicalId);
    if (!resource) {
      throw this.#error(place, `Fn::GetAtt names '${logicalId}', ${this.#absence(logicalId, this.#scope.template)}`);
    }
    if (Object.hasOwn(resource.attributes, attribute)) return resource.attributes[attribute];
    throw this.#error(
      place,
      `Fn::GetAtt asks '${attribute}' of ${logicalId} (${this.#scope.template.Resources?.[logicalId]?.Type}); its attributes are ${Object.keys(resource.attributes).join(', ') || 'none'}`,
    );
  }

  #sub(argument: unknown, place: string): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return this.#text(text, place).replaceAll(/\$\{(!?)([^}]*)\}/g, (_whole, literal: string, inside: string) => {
      if (literal) return `\${${inside}}`;
      const name = inside.trim();
      if (isObject(variables) && Object.hasOwn(variables, name)) {
        return this.#text(this.resolve(variables[name], place), place);
      }
      const value = name.includes('.') ? this.#getAtt(name, place) : this.#ref(name, place);
      return this.#text(value, place);
    });
  }

  #if(argument: unknown, place: string): unknown {
    const [condition, then, otherwise] = this.#list(argument, place);
    return this.#value(this.holds(this.#text(condition, place), place) ? then : otherwise, place);
  }

  #condition(definition: unknown, place: string): boolean {
    if (!isObject(definition)) throw this.#error(place, `${JSON.stringify(definition)} is no condition`);
    const [name, argument] = Object.entries(definition)[0] ?? [];
    switch (name) {
      case 'Condition':
        return this.holds(this.#text(argument, place), place);
      case 'Fn::Equals': {
        const [left, right] = this.#list(argument, place).map((side) => this.resolve(side, place));
        return JSON.stringify(left) === JSON.stringify(right);
      }
      case 'Fn::And':
        return this.#list(argument, place).every((part) => this.#condition(part, place));
      case 'Fn::Or':
        return this.#list(argument, place).some((part) => this.#condition(part, place));
      case 'Fn::Not':
        return !this.#condition(this.#list(argument, place)[0], place);
      default:
        throw this.#error(place, `'${name}' is no condition function that is modelled`);
    }
  }

  #import(name: unknown, place: string): unknown {
    const value = this.#scope.exported(this.#text(name, place));
    if (value !== undefined) return value;
    throw this.#error(place, `no stack of ${this.#scope.region} that stands already exports '${name}'`);
  }

  /**
   * The weak reference of newer CDK versions: an output of another stack, also in another region, without an export.
   * https://github.com/aws/aws-cdk/pull/37724
   */
  #stackOutput(argument: unknown, place: string): unknown {
    const request = this.resolve(argument, place);
    if (!isObject(request)) throw this.#error(place, 'Fn::GetStackOutput needs an object');
    const unknown = Object.keys(request).filter((member) => !['StackName', 'Region', 'OutputName'].includes(member));
    if (unknown.length > 0) throw this.#error(place, `Fn::GetStackOutput with ${unknown.join(', ')} is not modelled`);
    const stackName = this.#text(request['StackName'], place);
    const region = this.#text(request['Region'] ?? this.#scope.region, place);
    const outputName = this.#text(request['OutputName'], place);
    const value = this.#scope.stackOutput(stackName, region, outputName);
    if (value !== undefined) return value;
    throw this.#error(
      place,
      `Fn::GetStackOutput asks ${stackName} in ${region} for '${outputName}', but no such stack with this output stands yet`,
    );
  }

  #absence(name: string, template: Template): string {
    const resource = template.Resources?.[name];
    if (!resource) return 'which the template does not have';
    return resource.Condition ? `whose condition '${resource.Condition}' does not hold` : 'which does not stand yet';
  }

  #text(value: unknown, place: string): string {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.#error(place, `a text is needed, ${JSON.stringify(value)} came`);
  }

  #list(value: unknown, place: string): readonly unknown[] {
    if (Array.isArray(value)) return value;
    throw this.#error(place, `a list is needed, ${JSON.stringify(value)} came`);
  }

  #error(place: string, what: string): AssemblyError {
    return new AssemblyError(`${this.#scope.stackName}: ${place}: ${what}.`);
  }
}

/** Logical ids that a value refers to by Ref, Fn::GetAtt or Fn::Sub; names that are no resources included. */
export function referencesIn(value: unknown): Set<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === 'Ref' && typeof member === 'string') found.add(member);
    else if (name === 'Fn::GetAtt') found.add(String(Array.isArray(member) ? member[0] : String(member).split('.')[0]));
    else if (name === 'Fn::Sub') {
      const text = String(Array.isArray(member) ? member[0] : member);
      for (const [, inside = ''] of text.matchAll(/\$\{([^!}][^}]*)\}/g)) found.add(inside.trim().split('.')[0] ?? '');
      if (Array.isArray(member)) collect(member[1], found);
    } else collect(member, found);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
