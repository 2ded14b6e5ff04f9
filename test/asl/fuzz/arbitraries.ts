import fc from 'fast-check';
import type { Json } from '../../../rehearsal/kernel/log.ts';
import { calls, expression, json, jsonataValue, paths, pathTemplate } from './values.ts';

/** Random machines that AWS would mostly accept, machines spoiled in one place, and what tasks answer. */

type State = { [key: string]: Json };
type Next = fc.Arbitrary<string>;

/** Fields under their names, each there or not. */
function some(fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<State> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<State>;
}

const errorNames = fc.constantFrom('States.TaskFailed', 'States.Timeout', 'Busy', 'States.QueryEvaluationError');

const retrier = fc
  .tuple(
    errorNames,
    some({
      IntervalSeconds: fc.integer({ min: 1, max: 5 }),
      MaxAttempts: fc.integer({ min: 0, max: 3 }),
      BackoffRate: fc.constantFrom(1, 1.5, 2),
      MaxDelaySeconds: fc.integer({ min: 6, max: 20 }),
      JitterStrategy: fc.constantFrom('FULL', 'NONE'),
    }),
  )
  .map(([name, rest]): Json => ({ ErrorEquals: [name], ...rest }));

const retry = fc.oneof(
  fc.array(retrier, { maxLength: 2 }),
  fc.constant([{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }]),
) as fc.Arbitrary<Json>;

function catchers(jsonata: boolean, next: Next): fc.Arbitrary<Json> {
  const rest = jsonata
    ? some({ Output: jsonataValue })
    : some({ ResultPath: fc.constantFrom<Json>('$', '$.error', null, '$.a.b[0]') });
  const catcher = (name: string) =>
    fc.tuple(next, rest).map(([target, more]): Json => ({ ErrorEquals: [name], Next: target, ...more }));
  return fc.oneof(
    fc.constant<Json>([]),
    fc.tuple(errorNames.chain(catcher), catcher('States.ALL')) as fc.Arbitrary<Json>,
  );
}

function dataFields(jsonata: boolean, withResult: boolean): fc.Arbitrary<State> {
  if (jsonata) {
    return some({
      Output: jsonataValue,
      Assign: fc.dictionary(fc.constantFrom('v', 'w'), jsonataValue, { maxKeys: 2 }) as fc.Arbitrary<Json>,
    });
  }
  const filters = {
    InputPath: fc.oneof(paths, fc.constant(null)),
    OutputPath: fc.oneof(paths, fc.constant(null)),
    Assign: some({ 'v.$': fc.oneof(paths, calls), w: json }) as fc.Arbitrary<Json>,
  };
  if (!withResult) return some(filters);
  return some({ ...filters, Parameters: pathTemplate, ResultPath: fc.constantFrom<Json>('$', '$.r', null, '$.a.c') });
}

const resources = fc.constantFrom(
  'arn:aws:states:::lambda:invoke',
  'arn:aws:lambda:us-east-1:111111111111:function:f',
  'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
  'arn:aws:states:::states:startExecution.sync:2',
  'arn:aws:states:::aws-sdk:dynamodb:query',
);

const comparisons = fc.constantFrom<State>(
  { IsPresent: true },
  { IsNumeric: true },
  { NumericGreaterThan: 1 },
  { StringMatches: 'a*' },
  { StringEqualsPath: '$.s' },
  { BooleanEquals: false },
  { IsTimestamp: false },
  { TimestampLessThan: '2020-01-01T00:00:00Z' },
);

function choice(jsonata: boolean, next: Next): fc.Arbitrary<State> {
  const rule: fc.Arbitrary<Json> = jsonata
    ? fc.tuple(fc.oneof(expression, fc.boolean()), next).map(([Condition, target]) => ({ Condition, Next: target }))
    : fc
        .tuple(paths, comparisons, next, fc.boolean())
        .map(
          ([Variable, test, target, negated]): Json =>
            negated ? { Not: { Variable, ...test }, Next: target } : { Variable, ...test, Next: target },
        );
  return fc
    .tuple(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.option(next, { nil: undefined }))
    .map(([Choices, Default]): State => ({ Type: 'Choice', Choices, ...(Default === undefined ? {} : { Default }) }));
}

interface Place {
  readonly jsonata: boolean;
  readonly next: Next;
  readonly last: boolean;
  readonly depth: number;
  readonly prefix: string;
}

function stateAt(place: Place): fc.Arbitrary<State> {
  const { jsonata, next, last, depth } = place;
  const onwards: fc.Arbitrary<State> = last ? fc.constant({ End: true }) : next.map((target) => ({ Next: target }));
  const complete = (state: fc.Arbitrary<State>, result: boolean) =>
    fc
      .tuple(state, onwards, dataFields(jsonata, result))
      .map(([own, way, data]): State => ({ ...own, ...way, ...data }));
  const handling = some({ Retry: retry, Catch: catchers(jsonata, next) });
  const pass = jsonata
    ? fc.constant<State>({ Type: 'Pass' })
    : some({ Result: json }).map((own): State => ({ Type: 'Pass', ...own }));
  const seconds: fc.Arbitrary<Json> = jsonata
    ? fc.oneof(fc.integer({ min: 0, max: 100 }), expression)
    : fc.integer({ min: 0, max: 100 });
  const task = fc
    .tuple(
      resources,
      handling,
      some({
        HeartbeatSeconds: fc.constant(1),
        ...(jsonata ? { Arguments: jsonataValue } : { ResultSelector: pathTemplate }),
      }),
    )
    .map(([Resource, handlers, more]): State => ({ Type: 'Task', Resource, TimeoutSeconds: 30, ...more, ...handlers }));
  const options = [
    complete(pass, true),
    complete(
      seconds.map((Seconds): State => ({ Type: 'Wait', Seconds })),
      false,
    ),
    complete(task, true),
    complete(task, true),
    fc.constantFrom<State>({ Type: 'Succeed' }, { Type: 'Fail', Error: 'Busy', Cause: 'on purpose' }),
  ];
  if (!last) options.push(choice(jsonata, next));
  if (depth > 0) options.push(complete(parallel(place, handling), true), complete(map(place, handling), true));
  return fc.oneof(...options);
}

function parallel({ jsonata, depth, prefix }: Place, handling: fc.Arbitrary<State>): fc.Arbitrary<State> {
  const branches = fc
    .integer({ min: 1, max: 2 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, index) => container(jsonata, depth - 1, `${prefix}p${index}`))),
    );
  return fc
    .tuple(branches, handling)
    .map(([Branches, handlers]): State => ({ Type: 'Parallel', Branches, ...handlers }));
}

function map({ jsonata, depth, prefix }: Place, handling: fc.Arbitrary<State>): fc.Arbitrary<State> {
  const items: Record<string, fc.Arbitrary<Json>> = jsonata
    ? { Items: fc.oneof(expression, fc.constant<Json>([1, 2])), ItemSelector: jsonataValue }
    : { ItemsPath: fc.oneof(paths, fc.constant('$.a.b')) };
  const mode = fc.constantFrom<State>({}, { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } });
  return fc
    .tuple(
      container(jsonata, depth - 1, `${prefix}m`),
      mode,
      some({ ...items, MaxConcurrency: fc.integer({ min: 0, max: 3 }) }),
      handling,
    )
    .map(
      ([processor, configuration, more, handlers]): State => ({
        Type: 'Map',
        ItemProcessor: { ...processor, ...configuration },
        ...more,
        ...handlers,
      }),
    );
}

/** StartAt and States: up to four states, mostly leading forwards, now and then back. */
function container(jsonata: boolean, depth: number, prefix: string): fc.Arbitrary<State> {
  return fc.integer({ min: 1, max: 4 }).chain((count) => {
    const names = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    const states = names.map((name, index) => {
      const forwards = fc.constant(names[index + 1] ?? name);
      const next = fc.oneof({ weight: 12, arbitrary: forwards }, { weight: 1, arbitrary: fc.constantFrom(...names) });
      return stateAt({ jsonata, next, last: index === count - 1, depth, prefix: name });
    });
    return fc.tuple(...states).map(
      (list): State => ({
        StartAt: `${prefix}0`,
        States: Object.fromEntries(names.map((name, index) => [name, list[index] as Json])),
      }),
    );
  });
}

/** Without the states that nothing leads to, which AWS refuses: a Succeed in the middle makes them. */
function reachable(whole: State): State {
  const states = whole['States'] as { [name: string]: State };
  const kept: State = {};
  const queue = [String(whole['StartAt'])];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const state = states[name];
    if (!state || kept[name] !== undefined) continue;
    const { Branches, ItemProcessor } = state;
    kept[name] = {
      ...state,
      ...(Array.isArray(Branches) ? { Branches: (Branches as State[]).map(reachable) } : {}),
      ...(ItemProcessor === undefined ? {} : { ItemProcessor: reachable(ItemProcessor as State) }),
    };
    const handlers = [state['Choices'], state['Catch']].flatMap((list) => (Array.isArray(list) ? list : [])) as State[];
    queue.push(
      ...[state, ...handlers]
        .flatMap(({ Next, Default }) => [Next, Default])
        .filter((next) => typeof next === 'string'),
    );
  }
  return { ...whole, States: kept };
}

/** Definitions that are mostly accepted. */
export const definitions: fc.Arbitrary<State> = fc
  .boolean()
  .chain((jsonata) =>
    fc
      .tuple(
        container(jsonata, 2, 's'),
        some({ TimeoutSeconds: fc.integer({ min: 1, max: 1000 }), Comment: fc.string() }),
      )
      .map(
        ([whole, more]): State => ({ ...reachable(whole), ...more, ...(jsonata ? { QueryLanguage: 'JSONata' } : {}) }),
      ),
  );

/** A definition with one member, anywhere in it, taken away, replaced or added. */
export const spoiltDefinitions: fc.Arbitrary<Json> = fc
  .tuple(definitions, fc.nat(), fc.constantFrom('remove', 'replace', 'add'), fc.oneof(json, fc.string()))
  .map(([definition, place, how, value]) => spoilt(definition, place, how, value));

function spoilt(definition: State, place: number, how: string, value: Json): Json {
  const copy = structuredClone(definition);
  const spots: { holder: { [key: string]: Json }; key: string }[] = [];
  const visit = (node: Json): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, member] of Object.entries(node)) {
      spots.push({ holder: node as { [key: string]: Json }, key });
      visit(member);
    }
  };
  visit(copy);
  const spot = spots[place % spots.length];
  if (!spot) return copy;
  if (how === 'add') spot.holder['Unknown'] = value;
  else if (how === 'replace') spot.holder[spot.key] = value;
  else if (Array.isArray(spot.holder)) spot.holder.splice(Number(spot.key), 1);
  else delete spot.holder[spot.key];
  return copy;
}

/** What the n-th task answers. `never` waits for its timeout. */
export type Answers = readonly (
  | { readonly output: Json }
  | { readonly error: string; readonly cause: string }
  | 'never'
)[];

export const answers: fc.Arbitrary<Answers> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: json.map((output) => ({ output })) },
    { weight: 2, arbitrary: fc.constant({ error: 'Busy', cause: 'try later' }) },
    { weight: 1, arbitrary: fc.constant('never' as const) },
  ),
  { minLength: 1, maxLength: 6 },
);
