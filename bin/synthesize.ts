import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Stage } from '../domain/names.ts';
import { environmentOf } from '../lib/environment.ts';
import { definePlatform } from '../lib/platform-app.ts';
import type { Platform } from '../platforms/schema.ts';
import { bundleFunctions, type FunctionBundles } from './bundle.ts';

export interface SynthesisOptions {
  /** Validated: see `validatePlatform`. */
  readonly platform: Platform;
  readonly stage: Stage;
  /** Twelve digits. */
  readonly account: string;
  /** Where the cloud assembly goes: `cdk.out`. */
  readonly outputDirectory: string;
  /** CloudFormation's validation and cdk-nag's AwsSolutions, with findings as errors: seconds more. */
  readonly validation: boolean;
  /** Where the caller has begun to bundle already. */
  readonly functions?: Promise<FunctionBundles>;
}

/**
 * Bundles the functions and synthesizes the platform in this process: the very assembly that `cdk deploy` would deploy.
 * Returns the assembly's folder. Throws what the definition, a bundle or a workflow's file does wrong, and on findings.
 */
export async function synthesize(options: SynthesisOptions): Promise<string> {
  const functions = await (options.functions ?? bundleFunctions());
  const app = new App({
    outdir: options.outputDirectory,
    // The CDK CLI passes these from cdk.json by itself; here nobody does.
    context: cdkContext(),
    // No metadata resource: the assembly holds what we define and nothing else.
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: options.validation,
  });
  if (options.validation) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  definePlatform(app, environmentOf(options.platform, options.stage, options.account), functions);
  return app.synth().directory;
}

function cdkContext(): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'cdk.json'), 'utf8'));
  return context;
}
