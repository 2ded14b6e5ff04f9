import type { Json } from '../../kernel/log.ts';
import type { Environment } from '../environment.ts';
import { StateError } from '../errors.ts';
import { isObject } from '../json-text.ts';

/** One child of a Map Run, when it has ended. */
export interface ChildResult {
  readonly index: number;
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  readonly input: string;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A ResultWriter with its fields evaluated. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html */
export interface WriterSettings {
  /** Bucket and Prefix; undefined: nothing is written, WriterConfig alone shapes the result. */
  readonly parameters: Json | undefined;
  readonly outputType: 'JSON' | 'JSONL';
  readonly transformation: 'NONE' | 'COMPACT' | 'FLATTEN';
}

/** Writes the results and their manifest, and answers with the manifest's key. Throws StateError States.ResultWriterFailed. */
export async function writeResults(
  settings: WriterSettings,
  mapRunArn: string,
  children: readonly ChildResult[],
  environment: Environment,
): Promise<{ Bucket: string; Key: string }> {
  const { parameters } = settings;
  const bucket = isObject(parameters) ? parameters['Bucket'] : undefined;
  const prefix = isObject(parameters) && typeof parameters['Prefix'] === 'string' ? parameters['Prefix'] : '';
  if (typeof bucket !== 'string') throw writerFailed('The ResultWriter must name a Bucket.');
  const folder = `${prefix === '' ? '' : `${prefix.replace(/\/$/, '')}/`}${mapRunArn.slice(mapRunArn.lastIndexOf(':') + 1)}`;
  const write = async (name: string, body: string): Promise<{ Key: string; Size: number }> => {
    const key = `${folder}/${name}`;
    if (!environment.writeObject) throw writerFailed('No S3 is there to write an object to.');
    const failure = await environment.writeObject({ bucket, key }, body);
    if (failure) throw writerFailed(failure.cause ?? failure.error ?? 'The object could not be written.');
    return { Key: key, Size: Buffer.byteLength(body) };
  };
  const files: { [status: string]: Json } = {};
  const suffix = settings.outputType === 'JSONL' ? 'jsonl' : 'json';
  for (const status of ['FAILED', 'PENDING', 'SUCCEEDED'] as const) {
    const listed = children.filter((child) => fileOf(child) === status);
    files[status] = listed.length === 0 ? [] : [await write(`${status}_0.${suffix}`, bodyOf(settings, listed))];
  }
  const manifest = { DestinationBucket: bucket, MapRunArn: mapRunArn, ResultFiles: files };
  await write('manifest.json', JSON.stringify(manifest));
  return { Bucket: bucket, Key: `${folder}/manifest.json` };
}

function writerFailed(cause: string): StateError {
  return new StateError('States.ResultWriterFailed', cause);
}

function fileOf(child: ChildResult): 'FAILED' | 'PENDING' | 'SUCCEEDED' {
  if (child.status === 'SUCCEEDED') return 'SUCCEEDED';
  return child.status === 'ABORTED' ? 'PENDING' : 'FAILED';
}

function bodyOf(settings: WriterSettings, children: readonly ChildResult[]): string {
  const results = transformed(settings, children);
  return settings.outputType === 'JSONL'
    ? results.map((result) => `${JSON.stringify(result)}\n`).join('')
    : JSON.stringify(results);
}

/** NONE keeps what DescribeExecution says of each child, COMPACT its output alone, FLATTEN the items of outputs that are arrays. */
export function transformed(settings: WriterSettings, children: readonly ChildResult[]): Json[] {
  if (settings.transformation === 'NONE') return children.map(described);
  const outputs = children.map(outputOf);
  return settings.transformation === 'FLATTEN' ? outputs.flat() : outputs;
}

/** A child's output; a tolerated failure shows its error and cause in its place. */
export function outputOf(child: ChildResult): Json {
  if (child.output !== undefined) return JSON.parse(child.output) as Json;
  return {
    ...(child.error === undefined ? {} : { Error: child.error }),
    ...(child.cause === undefined ? {} : { Cause: child.cause }),
  };
}

function described(child: ChildResult): Json {
  return {
    ExecutionArn: child.arn,
    Input: child.input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(child.output === undefined ? {} : { Output: child.output, OutputDetails: { Included: true } }),
    ...(child.error === undefined ? {} : { Error: child.error }),
    ...(child.cause === undefined ? {} : { Cause: child.cause }),
    RedriveCount: 0,
    RedriveStatus: child.status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    StartDate: new Date(child.startedAt).toISOString(),
    StateMachineArn: child.stateMachineArn,
    Status: child.status,
    StopDate: new Date(child.endedAt).toISOString(),
  };
}
