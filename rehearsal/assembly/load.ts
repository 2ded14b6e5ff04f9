import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AssetSource } from '../aws/module.ts';
import type { Template } from './template.ts';

/** The assembly cannot be read as the CDK writes it. */
export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
}

/** One stack of the assembly, not yet deployed. */
export interface AssemblyStack {
  /** Artifact id: what other artifacts depend on. */
  readonly id: string;
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
  readonly template: Template;
  /** Values that the CDK would pass for the template's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Artifact ids of the stacks that have to stand before this one. */
  readonly dependsOn: readonly string[];
}

/** A cloud assembly: its stacks in an order in which each comes after what it depends on, and its assets. */
export interface Assembly extends AssetSource {
  readonly directory: string;
  readonly account: string;
  readonly stacks: readonly AssemblyStack[];
}

interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly dependencies?: readonly string[];
  readonly displayName?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly file?: string;
    readonly stackName?: string;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly directoryName?: string;
  };
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string; readonly executable?: readonly string[] };
        readonly destinations: Readonly<Record<string, { readonly bucketName: string; readonly objectKey: string }>>;
      }
    >
  >;
}

/**
 * Reads a `cdk.out` folder: the manifest, the templates, the asset manifests, and nested assemblies of CDK stages.
 * Throws AssemblyError naming the file and what is wrong with it.
 */
export function loadAssembly(directory: string): Assembly {
  const root = resolve(directory);
  const assets = new Map<string, string>();
  const stacks: AssemblyStack[] = [];
  readAssembly(root, stacks, assets);
  if (stacks.length === 0)
    throw new AssemblyError(`${root} holds no stack. Run \`cdk synth\` first, for this platform.`);
  const accounts = [...new Set(stacks.map((stack) => stack.account))];
  const [account] = accounts;
  if (accounts.length > 1 || account === undefined) {
    throw new AssemblyError(
      `The stacks of ${root} lie in the accounts ${accounts.join(', ')}; a rehearsal has one account. Synthesize with one.`,
    );
  }
  return {
    directory: root,
    account,
    stacks: inOrder(stacks),
    locate: (bucket, key) => assets.get(`${bucket}/${key}`),
  };
}

function readAssembly(directory: string, stacks: AssemblyStack[], assets: Map<string, string>): void {
  const manifest = readJson(join(directory, 'manifest.json')) as { artifacts?: Record<string, Artifact> };
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type === 'aws:cloudformation:stack') stacks.push(readStack(directory, id, artifact));
    if (artifact.type === 'cdk:cloud-assembly' && artifact.properties?.directoryName) {
      readAssembly(join(directory, artifact.properties.directoryName), stacks, assets);
    }
  }
  // Asset manifests hold placeholders for the partition, account and region; only after the stacks is their account known.
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type !== 'cdk:asset-manifest' || !artifact.properties?.file) continue;
    const stack = stacks.find((candidate) => `${candidate.id}.assets` === id);
    readAssets(directory, artifact.properties.file, stack, assets);
  }
}

function readStack(directory: string, id: string, artifact: Artifact): AssemblyStack {
  const file = artifact.properties?.templateFile;
  if (!file) throw new AssemblyError(`${directory}/manifest.json: the stack '${id}' names no templateFile.`);
  const environment = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '');
  const [, account, region] = environment ?? [];
  if (!account || !region || account.startsWith('unknown') || region.startsWith('unknown')) {
    throw new AssemblyError(
      `${directory}/manifest.json: the stack '${id}' has the environment '${artifact.environment ?? 'none'}'; a rehearsal needs an explicit account and region, as aws://111111111111/us-east-1.`,
    );
  }
  return {
    id,
    stackName: artifact.properties?.stackName ?? id,
    account,
    region,
    template: readJson(join(directory, file)) as Template,
    parameters: artifact.properties?.parameters ?? {},
    dependsOn: artifact.dependencies ?? [],
  };
}

function readAssets(
  directory: string,
  file: string,
  stack: AssemblyStack | undefined,
  assets: Map<string, string>,
): void {
  const manifest = readJson(join(directory, file)) as AssetManifest;
  for (const { source, destinations } of Object.values(manifest.files ?? {})) {
    if (!source.path) continue;
    for (const { bucketName, objectKey } of Object.values(destinations)) {
      const bucket = bucketName
        .replaceAll('${AWS::Partition}', 'aws')
        .replaceAll('${AWS::AccountId}', stack?.account ?? '')
        .replaceAll('${AWS::Region}', stack?.region ?? '');
      assets.set(`${bucket}/${objectKey}`, join(directory, source.path));
    }
  }
}

/** Depth first over the dependencies; ties keep the manifest's order, so that every run deploys alike. */
function inOrder(stacks: readonly AssemblyStack[]): AssemblyStack[] {
  const byId = new Map(stacks.map((stack) => [stack.id, stack]));
  const ordered: AssemblyStack[] = [];
  const visiting = new Set<string>();
  const visit = (stack: AssemblyStack): void => {
    if (ordered.includes(stack)) return;
    if (visiting.has(stack.id)) {
      throw new AssemblyError(`The stacks ${[...visiting].join(', ')} depend on each other in a circle.`);
    }
    visiting.add(stack.id);
    for (const id of stack.dependsOn) {
      const before = byId.get(id);
      if (before) visit(before);
    }
    visiting.delete(stack.id);
    ordered.push(stack);
  };
  for (const stack of stacks) visit(stack);
  return ordered;
}

function readJson(file: string): unknown {
  if (!existsSync(file)) {
    throw new AssemblyError(
      `${file} does not exist; the folder is no complete cloud assembly. Run \`cdk synth\` first.`,
    );
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new AssemblyError(`${file} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
