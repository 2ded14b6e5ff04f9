import type { StatesService } from '../aws/states.ts';
import type { EventLog } from '../kernel/log.ts';

/** Where a password could stand: the log, and the history of each execution. */
export function placesOf(log: EventLog, states: StatesService): Map<string, string> {
  const histories = states
    .executions()
    .map(({ machine, name, execution }): [string, string] => [
      `the history of ${machine.name} ${name}`,
      JSON.stringify(execution.history),
    ]);
  return new Map([['the event log', log.toLines()], ...histories]);
}
