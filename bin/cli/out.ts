import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CanaryRun } from '../../rehearsal/scenarios/canary.ts';
import { UnusableInput } from './input.ts';

/** Makes the folder, so that a run is not made for nothing. Throws UnusableInput. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new UnusableInput(
      'UnwritableFolder',
      `Nothing can be written to '${folder}': ${error instanceof Error ? error.message : String(error)}. Name another folder with --out.`,
    );
  }
}

/**
 * Writes a run to a folder: `events.jsonl` (the event log), `result.json`, and `history/<workflow>/<execution>.json`, each in the shape of
 * Step Functions' GetExecutionHistory.
 */
export function writeRun(
  folder: string,
  run: Pick<CanaryRun, 'log' | 'histories'> & { readonly result: object },
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'events.jsonl'), run.log.toLines());
  writeFileSync(join(folder, 'result.json'), `${JSON.stringify(run.result, null, 2)}\n`);
  for (const { workflow, execution, events } of run.histories) {
    const directory = join(folder, 'history', workflow);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${execution}.json`), `${JSON.stringify({ events }, null, 2)}\n`);
  }
}
