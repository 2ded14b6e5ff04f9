import type { HistoryEvent } from '../../../rehearsal/asl/index.ts';
import type { Json } from '../../../rehearsal/kernel/log.ts';
import type { RecordedState } from './cases.ts';

type Details = Record<string, string | number | undefined>;

function details(event: HistoryEvent): Record<string, Json> {
  const member = Object.keys(event).find((key) => key.endsWith('EventDetails')) as `${string}EventDetails` | undefined;
  return (member === undefined ? {} : event[member]) as Record<string, Json>;
}

/** The states of a history in the corpus's form: entered in this order, left with this output. */
export function statesOf(history: readonly HistoryEvent[]): RecordedState[] {
  const states: (RecordedState & { open: boolean; chain: readonly number[] })[] = [];
  for (const event of history) {
    if (event.type.endsWith('StateEntered')) {
      const { name, input } = details(event) as Details;
      const iteration = iterationOf(history, event);
      states.push({
        name: String(name),
        input: JSON.parse(String(input)) as Json,
        ...(iteration.length > 0 ? { iteration } : {}),
        open: true,
        chain: iteration,
      });
    } else if (event.type.endsWith('StateExited')) {
      const { name, output, assignedVariables } = details(event);
      const iteration = iterationOf(history, event);
      const index = states.findLastIndex(
        (state) => state.open && state.name === name && String(state.chain) === String(iteration),
      );
      const state = states[index];
      if (!state) throw new Error(`'${String(name)}' was left and not entered`);
      states[index] = {
        ...state,
        open: false,
        output: JSON.parse(String(output)) as Json,
        ...(assignedVariables ? { assigned: parsedMembers(assignedVariables) } : {}),
      };
    }
  }
  return states.map(({ open: _open, chain: _chain, ...state }) => state);
}

function parsedMembers(values: Json): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values as Record<string, string>).map(([name, text]) => [name, JSON.parse(text) as Json]),
  );
}

/** The index in each enclosing inline Map, outermost first: found by walking back along the chain of events. */
function iterationOf(history: readonly HistoryEvent[], event: HistoryEvent): number[] {
  const indexes: number[] = [];
  let current: HistoryEvent | undefined = history[event.previousEventId - 1];
  if (event.type.endsWith('StateExited')) current = entryOf(history, event, String(details(event)['name']));
  while (current) {
    if (current.type === 'MapIterationStarted') {
      indexes.unshift(Number(details(current)['index']));
      current = entryOf(history, current, String(details(current)['name']));
    } else if (current.type === 'MapStateExited' || current.type === 'ParallelStateExited') {
      current = entryOf(history, current, String(details(current)['name']));
    }
    current = current && history[current.previousEventId - 1];
  }
  return indexes;
}

/** The latest entry of a state before an event. */
function entryOf(history: readonly HistoryEvent[], before: HistoryEvent, name: string): HistoryEvent | undefined {
  for (let index = before.id - 2; index >= 0; index--) {
    const event = history[index] as HistoryEvent;
    if (event.type.endsWith('StateEntered') && details(event)['name'] === name && isAncestor(history, event, before))
      return event;
  }
  return undefined;
}

function isAncestor(history: readonly HistoryEvent[], ancestor: HistoryEvent, event: HistoryEvent): boolean {
  for (let current: HistoryEvent | undefined = event; current; current = history[current.previousEventId - 1]) {
    if (current.id === ancestor.id) return true;
    if (current.id < ancestor.id) return false;
  }
  return false;
}

/** What was scheduled, in the corpus's form. */
export interface ScheduledTask {
  readonly parameters: Json;
  readonly timeoutSeconds?: number;
  readonly heartbeatSeconds?: number;
  readonly credentials?: Json;
}

/** The tasks of a history in the order they were scheduled. */
export function tasksOf(history: readonly HistoryEvent[]): ScheduledTask[] {
  return history
    .filter((event) => /^(Task|LambdaFunction|Activity)Scheduled$/.test(event.type))
    .map((event) => {
      const { parameters, input, timeoutInSeconds, heartbeatInSeconds, taskCredentials } = details(event);
      return {
        parameters: JSON.parse(String(parameters ?? input)) as Json,
        ...(timeoutInSeconds === undefined ? {} : { timeoutSeconds: Number(timeoutInSeconds) }),
        ...(heartbeatInSeconds === undefined ? {} : { heartbeatSeconds: Number(heartbeatInSeconds) }),
        ...(taskCredentials === undefined ? {} : { credentials: taskCredentials }),
      };
    });
}
