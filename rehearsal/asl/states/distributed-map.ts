import type { Json } from '../../kernel/log.ts';
import type { CompiledStateMachine } from '../compile.ts';
import type { Behaviour, DataFlow } from '../compiled.ts';
import { type BatchSettings, batchesOf } from '../distributed/batches.ts';
import { MapRun, type Tolerance } from '../distributed/map-run.ts';
import { type ReaderSettings, readItems } from '../distributed/reader.ts';
import { outputOf, transformed, type WriterSettings, writeResults } from '../distributed/writer.ts';
import { dataLimitExceeded, StateError } from '../errors.ts';
import { failureDetails } from '../history.ts';
import { maximumInputBytes } from '../input.ts';
import { exceedsBytes, textOf } from '../json-text.ts';
import type { Moment, Soon } from '../moment.ts';
import type { Visit } from '../visit.ts';
import type { MapFields } from './map.ts';

/** The fields of a distributed Map beside those of any Map; each is evaluated on the state's effective input. */
export interface DistributedFields extends MapFields {
  readonly machine: CompiledStateMachine;
  readonly label: string | undefined;
  readonly reader: ((moment: Moment) => Soon<ReaderSettings>) | undefined;
  readonly batcher: ((moment: Moment) => Soon<BatchSettings>) | undefined;
  readonly writer: ((moment: Moment) => Soon<WriterSettings>) | undefined;
  readonly tolerance: (moment: Moment) => Soon<Tolerance>;
}

/** A distributed Map: a Map Run whose items are child executions. */
export function distributedMapBehaviour(
  flow: DataFlow,
  next: string | undefined,
  fields: DistributedFields,
): Behaviour {
  return {
    async perform(visit) {
      const { strand } = visit;
      const input = await flow.arguments(visit);
      const given = fields.reader ? [] : await fields.items(visit, input);
      const concurrency = fields.maxConcurrency ? await fields.maxConcurrency(visit, input) : 0;
      strand.write('MapStateStarted', 'mapStateStartedEventDetails', { length: given.length });
      const settings = await settingsOf(fields, visit.moment({ root: input }));
      const run = new MapRun(visit, fields.machine, fields.label);
      strand.write('MapRunStarted', 'mapRunStartedEventDetails', { mapRunArn: run.arn });
      const result = await failingRun(visit, async () => {
        const items = settings.reader ? await readItems(settings.reader, strand.run.environment) : given;
        const inputs = await inputsOf(visit, fields, settings.batcher, items, input);
        return await perform(visit, run, inputs, concurrency, settings);
      });
      strand.write('MapRunSucceeded');
      strand.writeAside('MapStateSucceeded');
      return { ...(await flow.finish(visit, result)), next };
    },
  };
}

interface Settings {
  readonly reader: ReaderSettings | undefined;
  readonly batcher: BatchSettings | undefined;
  readonly writer: WriterSettings | undefined;
  readonly tolerance: Tolerance;
}

async function settingsOf(fields: DistributedFields, moment: Moment): Promise<Settings> {
  const tolerance = await fields.tolerance(moment);
  const reader = fields.reader && (await fields.reader(moment));
  const batcher = fields.batcher && (await fields.batcher(moment));
  const writer = fields.writer && (await fields.writer(moment));
  return { reader, batcher, writer, tolerance };
}

/** A failure inside the run is written as the run's before the state deals with it. */
async function failingRun(visit: Visit, work: () => Promise<Json>): Promise<Json> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StateError && !error.fatal) {
      visit.strand.write('MapRunFailed', 'mapRunFailedEventDetails', failureDetails(error));
    }
    throw error;
  }
}

async function inputsOf(
  visit: Visit,
  fields: DistributedFields,
  batcher: BatchSettings | undefined,
  items: readonly Json[],
  input: Json,
): Promise<readonly Json[]> {
  const selected: Json[] = [];
  for (const [Index, Value] of items.entries()) {
    selected.push(fields.select ? await fields.select(visit.moment({ root: input, item: { Index, Value } })) : Value);
  }
  visit.strand.check();
  const inputs = batcher ? batchesOf(selected, batcher) : selected;
  for (const one of inputs) if (exceedsBytes(textOf(one), maximumInputBytes)) throw dataLimitExceeded(visit.state.name);
  return inputs;
}

async function perform(
  visit: Visit,
  run: MapRun,
  inputs: readonly Json[],
  concurrency: number,
  settings: Settings,
): Promise<Json> {
  const { environment } = visit.strand.run;
  const { writer, tolerance } = settings;
  const children = await run.perform(inputs, concurrency, tolerance).catch(async (error: unknown) => {
    // What has ended by then is written all the same.
    if (error instanceof StateError && writer?.parameters !== undefined)
      await writeResults(writer, run.arn, run.results, environment);
    throw error;
  });
  if (!writer) return children.map(outputOf);
  if (writer.parameters === undefined) return transformed(writer, children);
  const details = await writeResults(writer, run.arn, children, environment);
  return { MapRunArn: run.arn, ResultWriterDetails: details };
}
