import type { QueryLanguage, StateType } from '../compiled.ts';

/** Which query language a field belongs to; `both` where it means the same in either. */
export type FieldLanguage = QueryLanguage | 'both';

const common = { Type: 'both', Comment: 'both', QueryLanguage: 'both' } as const;
const transition = { Next: 'both', End: 'both' } as const;
const filtered = { InputPath: 'JSONPath', OutputPath: 'JSONPath', Output: 'JSONata' } as const;
const assigning = { Assign: 'both' } as const;
const resulting = { Parameters: 'JSONPath', ResultSelector: 'JSONPath', ResultPath: 'JSONPath' } as const;
const handling = { Retry: 'both', Catch: 'both' } as const;
/** Of every state that another one follows. */
const followed = { ...common, ...transition, ...filtered, ...assigning } as const;
/** Of those among them that do work which may fail. */
const working = { ...followed, ...resulting, ...handling } as const;

/** The fields that each type of state may have. https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html */
export const stateFields: Readonly<Record<StateType, Readonly<Record<string, FieldLanguage>>>> = {
  Pass: {
    ...followed,
    Parameters: 'JSONPath',
    ResultPath: 'JSONPath',
    Result: 'JSONPath',
  },
  Task: {
    ...working,
    Arguments: 'JSONata',
    Resource: 'both',
    Credentials: 'both',
    TimeoutSeconds: 'both',
    TimeoutSecondsPath: 'JSONPath',
    HeartbeatSeconds: 'both',
    HeartbeatSecondsPath: 'JSONPath',
  },
  Choice: { ...common, ...filtered, ...assigning, Choices: 'both', Default: 'both' },
  Wait: {
    ...followed,
    Seconds: 'both',
    SecondsPath: 'JSONPath',
    Timestamp: 'both',
    TimestampPath: 'JSONPath',
  },
  Succeed: { ...common, ...filtered },
  Fail: { ...common, Error: 'both', ErrorPath: 'JSONPath', Cause: 'both', CausePath: 'JSONPath' },
  Parallel: {
    ...working,
    Arguments: 'JSONata',
    Branches: 'both',
  },
  Map: {
    ...working,
    ItemProcessor: 'both',
    Iterator: 'both',
    Items: 'JSONata',
    ItemsPath: 'JSONPath',
    ItemSelector: 'both',
    ItemReader: 'both',
    ItemBatcher: 'both',
    ResultWriter: 'both',
    MaxConcurrency: 'both',
    MaxConcurrencyPath: 'JSONPath',
    ToleratedFailureCount: 'both',
    ToleratedFailureCountPath: 'JSONPath',
    ToleratedFailurePercentage: 'both',
    ToleratedFailurePercentagePath: 'JSONPath',
    Label: 'both',
  },
};

/** Fields of a Map that only a distributed one has. AWS takes tolerated failures in an inline Map too, without effect. */
export const distributedOnly: readonly string[] = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];

export const machineFields: readonly string[] = [
  'Comment',
  'StartAt',
  'States',
  'Version',
  'TimeoutSeconds',
  'QueryLanguage',
];
export const branchFields: readonly string[] = ['Comment', 'StartAt', 'States'];
export const processorFields: readonly string[] = [...branchFields, 'ProcessorConfig'];

/** Fields that must be there. */
export const requiredFields: Readonly<Partial<Record<StateType, readonly string[]>>> = {
  Task: ['Resource'],
  Choice: ['Choices'],
  Parallel: ['Branches'],
};
