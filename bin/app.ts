/**
 * The CDK app: `cdk deploy --all -c platform=aeon`, or without the CDK's CLI `node bin/app.ts -c platform=aeon`.
 * Context: `platform` (aeon), `stage` (production), `account` (the CLI's, or that of rehearsals). Ends with exit code 2, and
 * every violation, when the definition or the context is wrong.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Stage, stages } from '../domain/names.ts';
import { NotYetDeployable } from '../lib/not-yet-deployable.ts';
import { knownPlatforms } from '../platforms/index.ts';
import type { Platform } from '../platforms/schema.ts';
import { InvalidPlatform, validatePlatform } from '../platforms/validate.ts';
import { BundleError, bundleFunctions } from './bundle.ts';

/** Account of a synth that nobody deploys. */
const rehearsalAccount = '111111111111';

class WrongContext extends Error {
  override readonly name = 'WrongContext';
}

/** Of the CDK's CLI, which passes it in the environment, or of the command line. */
function context(): Record<string, unknown> {
  const { values } = parseArgs({ options: { context: { type: 'string', short: 'c', multiple: true } }, strict: false });
  const given = (values.context ?? []).map((entry) => String(entry).split(/=(.*)/s, 2));
  return { ...JSON.parse(process.env['CDK_CONTEXT_JSON'] ?? '{}'), ...Object.fromEntries(given) };
}

function platformNamed(name: string): Platform {
  const platforms: Readonly<Record<string, Platform>> = knownPlatforms;
  if (!Object.hasOwn(platforms, name)) {
    throw new WrongContext(
      `There is no platform '${name}'. Known are ${Object.keys(platforms).join(', ')}. Choose with -c platform=…`,
    );
  }
  return validatePlatform(platforms[name]);
}

function stageNamed(name: string): Stage {
  const stage = stages.find((candidate) => candidate === name);
  if (!stage)
    throw new WrongContext(`There is no stage '${name}'. Known are ${stages.join(', ')}. Choose with -c stage=…`);
  return stage;
}

function accountNamed(account: string): string {
  if (/^\d{12}$/.test(account)) return account;
  throw new WrongContext(`The account '${account}' is no AWS account: twelve digits are one. Choose with -c account=…`);
}

async function main(): Promise<void> {
  const given = context();
  const chosen = {
    platform: platformNamed(String(given['platform'] ?? 'aeon')),
    stage: stageNamed(String(given['stage'] ?? 'production')),
    account: accountNamed(String(given['account'] ?? process.env['CDK_DEFAULT_ACCOUNT'] ?? rehearsalAccount)),
  };
  // The bundler is a process of its own: the CDK's library is loaded beside it, and compiled once for all synths.
  const functions = bundleFunctions();
  functions.catch(() => undefined);
  enableCompileCache(join(import.meta.dirname, '..', '.mainstay', 'modules'));
  const { synthesize } = await import('./synthesize.ts');
  await synthesize({
    ...chosen,
    functions,
    outputDirectory: process.env['CDK_OUTDIR'] ?? 'cdk.out',
    validation: process.env['CDK_VALIDATION'] !== 'false',
  });
}

/** Wrong input, which ends with exit code 2, and what else a person can mend without seeing our stack. */
const wrongInput = [WrongContext, InvalidPlatform, NotYetDeployable];

try {
  await main();
} catch (error) {
  const { WorkflowError } = await import('../lib/constructs/workflow.ts');
  const known = [...wrongInput, BundleError, WorkflowError].find((kind) => error instanceof kind);
  // The CDK has printed its findings before it throws.
  const finding = error instanceof Error && error.message.startsWith('Validation failed');
  if (!known && !finding) throw error;
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = wrongInput.some((kind) => kind === known) ? 2 : 1;
}
