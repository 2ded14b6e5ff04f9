import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Stage } from '../../domain/names.ts';
import { environmentOf } from '../../lib/environment.ts';
import { definePlatform } from '../../lib/platform-app.ts';
import { aeon } from '../../platforms/aeon.ts';
import type { Platform } from '../../platforms/schema.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: string | string[];
  readonly DeletionPolicy?: string;
}

/** The app with a function of one line in the place of every bundle, and no asset copied: what the stacks hold does not depend on the code. */
export function definedApp(stage: Stage = 'production', platform: Platform = aeon): App {
  const root = join(import.meta.dirname, '..', '..');
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
  const unstaged = { ...context, 'aws:cdk:disable-asset-staging': true };
  const app = new App({ context: unstaged, analyticsReporting: false, treeMetadata: false });
  const bundle = join(import.meta.dirname, 'fixtures', 'function');
  const handlers = globSync('lambdas/**/*.handler.ts', { cwd: root });
  const functions = new Map(handlers.map((handler) => [basename(handler, '.handler.ts'), bundle]));
  definePlatform(app, environmentOf(platform, stage, '111111111111'), functions);
  return app;
}

/** Every stack's template, by the stack's name. */
export function templates(stage: Stage = 'production', platform: Platform = aeon): Readonly<Record<string, Template>> {
  const app = definedApp(stage, platform);
  const stacks = app.node.children.filter((child) => child instanceof Stack);
  return Object.fromEntries(stacks.map((stack) => [stack.stackName, Template.fromStack(stack)]));
}

export function resourcesOf(template: Template | undefined, type?: string): Record<string, Resource> {
  const all = (template?.toJSON()['Resources'] ?? {}) as Record<string, Resource>;
  const wanted = Object.entries(all).filter(([, resource]) => type === undefined || resource.Type === type);
  return Object.fromEntries(
    wanted.map(([id, resource]) => [id, { ...resource, Properties: resource.Properties ?? {} }]),
  );
}

/** Properties of the one resource of a type whose property has the value. */
export function propertiesWhere(
  template: Template | undefined,
  type: string,
  property: string,
  value: string,
): Record<string, unknown> {
  const found = Object.values(resourcesOf(template, type)).filter(
    (resource) => resource.Properties[property] === value,
  );
  if (found.length !== 1) throw new Error(`${found.length} ${type} have ${property} = ${value}`);
  return found[0]?.Properties ?? {};
}

export interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Condition?: unknown;
  readonly Principal?: unknown;
}

/** Statements of the role that a function runs with, without those that every function has. */
export function taskStatements(template: Template | undefined, functionName: string): Statement[] {
  const properties = propertiesWhere(template, 'AWS::Lambda::Function', 'FunctionName', functionName);
  const role = (properties['Role'] as { 'Fn::GetAtt': [string, string] })['Fn::GetAtt'][0];
  const policies = resourcesOf(template)[role]?.Properties?.['Policies'] as {
    PolicyName: string;
    PolicyDocument: { Statement: Statement[] };
  }[];
  return policies.filter((policy) => policy.PolicyName === 'Task').flatMap((policy) => policy.PolicyDocument.Statement);
}

export function actionsOf(statements: readonly Statement[]): string[] {
  return statements.flatMap((statement) => statement.Action).sort();
}
