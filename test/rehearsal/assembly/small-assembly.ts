import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface SmallFile {
  readonly key: string;
  readonly content: string;
  /** The asset is the file's folder, as a function's code is. */
  readonly folder?: boolean;
}

export interface SmallStack {
  readonly name: string;
  readonly region?: string;
  readonly dependsOn?: readonly string[];
  readonly template: Readonly<Record<string, unknown>>;
  /** File name within the assembly → object key in the bootstrap bucket and the file's content. */
  readonly files?: Readonly<Record<string, SmallFile>>;
}

export const account = '111111111111';

/** Writes an assembly as the CDK lays it out into a folder that goes with the test; returns the folder. */
export function smallAssembly(stacks: readonly SmallStack[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'mainstay-assembly-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const artifacts: Record<string, unknown> = { Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } } };
  for (const { name, region = 'us-east-1', dependsOn = [], template, files = {} } of stacks) {
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      environment: `aws://${account}/${region}`,
      properties: { templateFile: `${name}.template.json`, stackName: name },
      dependencies: [...dependsOn, `${name}.assets`],
    };
    writeFileSync(join(directory, `${name}.template.json`), JSON.stringify(template));
    writeFileSync(join(directory, `${name}.assets.json`), JSON.stringify({ files: assetEntries(files) }));
    for (const [path, { content }] of Object.entries(files)) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
  }
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ version: '54.0.0', artifacts }));
  return directory;
}

function assetEntries(files: NonNullable<SmallStack['files']>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(files).map(([path, { key, folder }]) => [
      key,
      {
        source: folder ? { path: dirname(path), packaging: 'zip' } : { path, packaging: 'file' },
        destinations: {
          here: { bucketName: 'cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}', objectKey: key },
        },
      },
    ]),
  );
}
