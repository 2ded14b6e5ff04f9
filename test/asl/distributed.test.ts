import { describe, expect, it } from 'vitest';
import type { Environment, Execution } from '../../rehearsal/asl/index.ts';
import type { Json } from '../../rehearsal/kernel/log.ts';
import { type Answer, jsonata, type World, world } from './world.ts';

const processor = (states: Json = { Item: { Type: 'Pass', End: true } }, type = 'STANDARD') => ({
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: type },
  StartAt: 'Item',
  States: states,
});

const task = {
  Item: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments: '{% $states.input %}', End: true },
};

/** An S3 that holds these objects and takes more. */
function storage(objects: Record<string, string>): { environment: Partial<Environment>; objects: Map<string, string> } {
  const stored = new Map(Object.entries(objects));
  return {
    objects: stored,
    environment: {
      readObject: async ({ bucket, key }) => {
        const body = stored.get(`${bucket}/${key}`);
        return body === undefined
          ? { error: 'S3.NoSuchKeyException', cause: 'The specified key does not exist.' }
          : { body };
      },
      writeObject: async ({ bucket, key }, body) => {
        stored.set(`${bucket}/${key}`, body);
        return undefined;
      },
    },
  };
}

function mapOf(
  fields: { [key: string]: Json },
  input: Json = {},
  more: { answer?: Answer; environment?: Partial<Environment> } = {},
): World {
  return world(
    jsonata('Each', { Each: { Type: 'Map', ItemProcessor: processor(), ...fields, End: true } }),
    input,
    more,
  );
}

/** What a reader makes of an object. */
async function read(body: string, configuration: { [key: string]: Json }): Promise<Json | undefined> {
  const reader = {
    Resource: 'arn:aws:states:::s3:getObject',
    Arguments: { Bucket: 'b', Key: 'k' },
    ReaderConfig: configuration,
  };
  const { output, cause } = await mapOf({ ItemReader: reader }, {}, storage({ 'b/k': body })).result();
  return output ?? cause;
}

describe('a distributed Map', () => {
  it('runs each item in a child execution with a history, an ARN and a token of its own', async () => {
    const children: Execution[] = [];
    const waiting = {
      Item: {
        ...task.Item,
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Arguments: { n: '{% $states.input %}' },
      },
    };
    const run = mapOf(
      { Items: [1, 2], ItemProcessor: processor(waiting), Label: 'jobs' },
      {},
      { environment: { onChildExecution: (child) => children.push(child) } },
    );
    await run.run(1);
    expect(children.map((child) => child.arn)).toEqual([
      'arn:aws:states:us-east-1:111111111111:execution:machine/jobs:child-execution-2',
      'arn:aws:states:us-east-1:111111111111:execution:machine/jobs:child-execution-4',
    ]);
    for (const call of run.calls) {
      expect(call.rootExecutionArn).toBe(run.execution.arn);
      run.execution.sendTaskSuccess(
        call.taskToken ?? '',
        JSON.stringify(`done ${(call.arguments as { n: number }).n}`),
      );
    }
    expect(await run.result()).toEqual({ status: 'SUCCEEDED', output: ['done 1', 'done 2'] });
    expect(run.types()).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
    expect(children[0]?.history.map((event) => event.type)).toContain('TaskSubmitted');
  });

  it('runs no more children at a time than MaxConcurrency says', async () => {
    let running = 0;
    let most = 0;
    const answer: Answer = async (_call, kernel) => {
      most = Math.max(most, ++running);
      await kernel.sleep(1000, 'work');
      running--;
      return { output: null };
    };
    const run = mapOf({ Items: [1, 2, 3, 4, 5], MaxConcurrency: 2, ItemProcessor: processor(task) }, {}, { answer });
    await run.result();
    expect(most).toBe(2);
    expect(run.seconds()).toBe(3);
  });

  const failing: Answer = (call) =>
    Number(call.arguments) > 2 ? { error: 'Broken', cause: String(call.arguments) } : { output: call.arguments };

  it('fails when more children fail than are tolerated', async () => {
    const run = mapOf(
      { Items: [1, 2, 3, 4], ItemProcessor: processor(task), ToleratedFailureCount: 1 },
      {},
      { answer: failing },
    );
    expect(await run.result()).toEqual({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
      cause: 'The specified tolerated failure threshold was exceeded',
    });
    expect(run.types().slice(-3)).toEqual(['MapRunFailed', 'MapStateFailed', 'ExecutionFailed']);
  });

  it('goes on while the failures are tolerated, and shows them', async () => {
    const run = mapOf(
      { Items: [1, 2, 3, 4], ItemProcessor: processor(task), ToleratedFailurePercentage: 50 },
      {},
      { answer: failing },
    );
    expect((await run.result()).output).toEqual([
      1,
      2,
      { Error: 'Broken', Cause: '3' },
      { Error: 'Broken', Cause: '4' },
    ]);
  });

  it('stops its children when it is stopped', async () => {
    const children: Execution[] = [];
    const run = mapOf(
      { Items: [1, 2], ItemProcessor: processor(task) },
      {},
      {
        answer: () => new Promise(() => {}),
        environment: { onChildExecution: (child) => children.push(child) },
      },
    );
    await run.run(1);
    run.execution.stop();
    expect(children.map((child) => child.status)).toEqual(['ABORTED', 'ABORTED']);
    expect(run.calls.every((call) => call.abandoned.aborted)).toBe(true);
  });
});

describe('an ItemReader', () => {
  it.each<[string, string, { [key: string]: Json }, Json]>([
    ['JSON', '[1, {"a": 2}]', { InputType: 'JSON' }, [1, { a: 2 }]],
    ['a part of a JSON document', '{"data": {"items": [1]}}', { InputType: 'JSON', ItemsPointer: '/data/items' }, [1]],
    ['JSON lines', '{"a":1}\n\n{"a":2}\n', { InputType: 'JSONL' }, [{ a: 1 }, { a: 2 }]],
    [
      'CSV',
      'A,B\r\n1,"x ""y"", z"\r\n2\r\n',
      { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
      [
        { A: '1', B: 'x "y", z' },
        { A: '2', B: '' },
      ],
    ],
    [
      'CSV with headers given',
      '1;2;3\n',
      { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['A', 'B'], CSVDelimiter: 'SEMICOLON' },
      [{ A: '1', B: '2' }],
    ],
    ['no more than MaxItems', '[1, 2, 3]', { InputType: 'JSON', MaxItems: 2 }, [1, 2]],
    ['nothing that is no list', '{"a": 1}', { InputType: 'JSON' }, 'Attempting to map over non-iterable node.'],
    [
      'no CSV whose headers repeat',
      'A,A\n1,2\n',
      { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
      'CSV headers cannot contain duplicates.',
    ],
  ])('reads %s', async (_name, body, configuration, expected) => {
    expect(await read(body, configuration)).toEqual(expected);
  });

  it('reads the files that an inventory names', async () => {
    const manifest = {
      destinationBucket: 'arn:aws:s3:::b',
      fileFormat: 'CSV',
      fileSchema: 'Bucket, Key',
      files: [{ key: 'data/1.csv' }],
    };
    const reader = {
      Resource: 'arn:aws:states:::s3:getObject',
      Arguments: { Bucket: 'b', Key: 'm' },
      ReaderConfig: { InputType: 'MANIFEST' },
    };
    const store = storage({ 'b/m': JSON.stringify(manifest), 'b/data/1.csv': '"x","one"\n"x","two"\n' });
    expect((await mapOf({ ItemReader: reader }, {}, store).result()).output).toEqual([
      { Bucket: 'x', Key: 'one' },
      { Bucket: 'x', Key: 'two' },
    ]);
  });

  it('fails under a name of its own when the object is missing', async () => {
    const reader = { Resource: 'arn:aws:states:::s3:getObject', Arguments: { Bucket: 'b', Key: 'none' } };
    expect(await mapOf({ ItemReader: reader }, {}, storage({})).result()).toEqual({
      status: 'FAILED',
      error: 'States.ItemReaderFailed',
      cause: 'The specified key does not exist.',
    });
  });
});

describe('an ItemBatcher', () => {
  it('packs items by number and by size, with what all batches share', async () => {
    const batcher = { MaxItemsPerBatch: 2, BatchInput: { run: '{% $states.input.run %}' } };
    expect((await mapOf({ Items: [1, 2, 3], ItemBatcher: batcher }, { run: 7 }).result()).output).toEqual([
      { BatchInput: { run: 7 }, Items: [1, 2] },
      { BatchInput: { run: 7 }, Items: [3] },
    ]);
    // {"Items":["aaaa","aaaa"]} is 25 bytes long.
    expect(
      (await mapOf({ Items: ['aaaa', 'aaaa', 'aaaa'], ItemBatcher: { MaxInputBytesPerBatch: 25 } }).result()).output,
    ).toEqual([{ Items: ['aaaa', 'aaaa'] }, { Items: ['aaaa'] }]);
  });
});

describe('a ResultWriter', () => {
  it('writes results by outcome with a manifest, and answers with its key', async () => {
    const store = storage({});
    const writer = { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'out', Prefix: 'jobs' } };
    const run = mapOf(
      { Items: [1, 9], ItemProcessor: processor(task), ToleratedFailureCount: 1, ResultWriter: writer },
      {},
      {
        answer: (call) => (call.arguments === 9 ? { error: 'Broken' } : { output: 'good' }),
        environment: store.environment,
      },
    );
    const { output } = await run.result();
    const { MapRunArn, ResultWriterDetails } = output as {
      MapRunArn: string;
      ResultWriterDetails: { Bucket: string; Key: string };
    };
    expect(MapRunArn).toContain(':mapRun:machine/');
    expect(ResultWriterDetails).toEqual({ Bucket: 'out', Key: `jobs/${MapRunArn.split(':').at(-1)}/manifest.json` });
    const manifest = JSON.parse(store.objects.get(`out/${ResultWriterDetails.Key}`) ?? '{}') as {
      ResultFiles: Record<string, { Key: string }[]>;
    };
    const succeeded = JSON.parse(
      store.objects.get(`out/${manifest.ResultFiles['SUCCEEDED']?.[0]?.Key}`) ?? '[]',
    ) as Record<string, Json>[];
    expect(succeeded).toMatchObject([{ Input: '1', Output: '"good"', Status: 'SUCCEEDED' }]);
    expect(manifest.ResultFiles['FAILED']).toHaveLength(1);
    expect(manifest.ResultFiles['PENDING']).toEqual([]);
  });
});
