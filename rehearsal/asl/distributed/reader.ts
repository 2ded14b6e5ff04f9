import type { Json } from '../../kernel/log.ts';
import type { Environment, TaskFailure } from '../environment.ts';
import { StateError } from '../errors.ts';
import { maximumNesting, nestsDeeperThan } from '../input.ts';
import { isObject } from '../json-text.ts';
import { parseCsv, rowsToObjects } from './csv.ts';

/** An ItemReader with its fields evaluated. https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html */
export interface ReaderSettings {
  /** `arn:aws:states:::s3:getObject` or `...:listObjectsV2` */
  readonly resource: string;
  readonly parameters: Json;
  readonly inputType: 'JSON' | 'JSONL' | 'CSV' | 'MANIFEST';
  readonly headerLocation: 'FIRST_ROW' | 'GIVEN' | undefined;
  readonly headers: readonly string[] | undefined;
  readonly delimiter: 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB';
  /** Path of names to the array inside a JSON document: `/data/items`. */
  readonly itemsPointer: string | undefined;
  /** 0: all. */
  readonly maxItems: number;
}

const delimiters = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' } as const;

/** Reads the items of a distributed Map. Throws StateError States.ItemReaderFailed. */
export async function readItems(settings: ReaderSettings, environment: Environment): Promise<readonly Json[]> {
  if (settings.maxItems < 0) throw readerFailed('field MaxItems must be positive');
  const items = settings.resource.endsWith(':listObjectsV2')
    ? await listed(settings, environment)
    : await parsed(settings, environment);
  return settings.maxItems > 0 ? items.slice(0, settings.maxItems) : items;
}

/** The failure of a reader, as Retry and Catch see it. */
export function readerFailed(cause: string): StateError {
  return new StateError('States.ItemReaderFailed', cause);
}

function parameter(settings: ReaderSettings, name: string): string | undefined {
  const value = isObject(settings.parameters) ? settings.parameters[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function bucketOf(settings: ReaderSettings): string {
  const bucket = parameter(settings, 'Bucket');
  if (bucket === undefined) throw readerFailed('The ItemReader must name a Bucket.');
  return bucket;
}

async function listed(settings: ReaderSettings, environment: Environment): Promise<readonly Json[]> {
  if (!environment.listObjects) throw readerFailed('No S3 is there to list objects of.');
  const prefix = parameter(settings, 'Prefix');
  const objects = await environment.listObjects({
    bucket: bucketOf(settings),
    ...(prefix === undefined ? {} : { prefix }),
  });
  if (!Array.isArray(objects)) throw readerFailed(causeOf(objects as TaskFailure));
  return objects.map((object) => ({ ...object })) as Json[];
}

async function bodyOf(environment: Environment, bucket: string, key: string, versionId?: string): Promise<string> {
  if (!environment.readObject) throw readerFailed('No S3 is there to read an object from.');
  const object = await environment.readObject({ bucket, key, ...(versionId === undefined ? {} : { versionId }) });
  if (!('body' in object)) throw readerFailed(causeOf(object));
  return object.body;
}

function causeOf(failure: TaskFailure): string {
  return failure.cause ?? failure.error ?? 'The object could not be read.';
}

async function parsed(settings: ReaderSettings, environment: Environment): Promise<readonly Json[]> {
  const bucket = bucketOf(settings);
  const key = parameter(settings, 'Key');
  if (key === undefined) throw readerFailed('The ItemReader must name a Key.');
  const body = await bodyOf(environment, bucket, key, parameter(settings, 'VersionId'));
  switch (settings.inputType) {
    case 'JSON':
      return jsonItems(parseJson(body), settings.itemsPointer);
    case 'JSONL':
      return body
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map(parseJson);
    case 'CSV':
      return csvItems(settings, body);
    case 'MANIFEST':
      return await manifestItems(settings, parseJson(body), environment);
  }
}

function parseJson(text: string): Json {
  try {
    if (nestsDeeperThan(text, maximumNesting)) throw new SyntaxError('nested too deeply');
    return JSON.parse(text) as Json;
  } catch {
    throw readerFailed('Attempting to parse a document that is not valid JSON.');
  }
}

function jsonItems(document: Json, pointer: string | undefined): readonly Json[] {
  let items: Json | undefined = document;
  for (const name of (pointer ?? '').split('/').filter((part) => part !== '')) {
    items = isObject(items) && Object.hasOwn(items, name) ? items[name] : undefined;
  }
  if (Array.isArray(items)) return items;
  if (isObject(items) && pointer !== undefined) return Object.entries(items).map(([Key, Value]) => ({ Key, Value }));
  throw readerFailed('Attempting to map over non-iterable node.');
}

function csvItems(settings: ReaderSettings, body: string): readonly Json[] {
  const rows = parseCsv(body, delimiters[settings.delimiter]);
  const headers = settings.headerLocation === 'GIVEN' ? (settings.headers ?? []) : (rows.shift() ?? []);
  if (new Set(headers).size !== headers.length) throw readerFailed('CSV headers cannot contain duplicates.');
  return rowsToObjects(headers, rows);
}

/** An S3 inventory: the manifest names CSV files, whose columns it names too. The environment gives them unpacked. */
async function manifestItems(
  settings: ReaderSettings,
  manifest: Json,
  environment: Environment,
): Promise<readonly Json[]> {
  const files = isObject(manifest) && Array.isArray(manifest['files']) ? manifest['files'] : undefined;
  if (!isObject(manifest) || !files) throw readerFailed('The manifest names no files.');
  if (manifest['fileFormat'] !== undefined && manifest['fileFormat'] !== 'CSV') {
    throw readerFailed(`The manifest's file format is ${String(manifest['fileFormat'])}; CSV is read.`);
  }
  const bucket = String(manifest['destinationBucket'] ?? bucketOf(settings)).replace(/^arn:[^:]*:s3:::/, '');
  const headers = String(manifest['fileSchema'] ?? '')
    .split(',')
    .map((name) => name.trim());
  const items: Json[] = [];
  for (const file of files) {
    if (!isObject(file) || typeof file['key'] !== 'string') throw readerFailed('A file in the manifest has no key.');
    items.push(...rowsToObjects(headers, parseCsv(await bodyOf(environment, bucket, file['key']), ',')));
  }
  return items;
}
