import type { Json } from '../../kernel/log.ts';
import type { CompiledStateMachine } from '../compile.ts';
import { StateError } from '../errors.ts';
import { Execution } from '../execution.ts';
import { textOf } from '../json-text.ts';
import type { Visit } from '../visit.ts';
import type { ChildResult } from './writer.ts';

/** How much of a Map Run may fail; undefined where the definition does not say. */
export interface Tolerance {
  readonly count: number | undefined;
  readonly percentage: number | undefined;
}

/** Children that run at a time when MaxConcurrency says nothing. https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html */
const defaultConcurrency = 10_000;

/** One run of a distributed Map: each input starts a child execution with a history of its own. */
export class MapRun {
  readonly arn: string;
  readonly #visit: Visit;
  readonly #machine: CompiledStateMachine;
  readonly #label: string;
  readonly #running = new Set<Execution>();
  readonly #results: (ChildResult | undefined)[] = [];
  #failures = 0;
  #over = false;

  constructor(visit: Visit, machine: CompiledStateMachine, label: string | undefined) {
    const { run } = visit.strand;
    this.#visit = visit;
    this.#machine = machine;
    const id = run.environment.newId('map-run');
    this.#label = label ?? run.environment.newId('map-run').replaceAll('-', '');
    this.arn = `${partsOf(run.options.stateMachineArn)}:mapRun:${baseName(run.options.stateMachineName)}/${this.#label}:${id}`;
  }

  /** Runs a child for each input. Throws StateError States.ExceedToleratedFailureThreshold, the rest then being aborted. */
  async perform(inputs: readonly Json[], concurrency: number, tolerance: Tolerance): Promise<readonly ChildResult[]> {
    const { strand } = this.#visit;
    const abandon = () => this.#abandon();
    strand.onAbort(abandon);
    try {
      await this.#runAll(inputs, concurrency > 0 ? concurrency : defaultConcurrency, tolerance);
    } finally {
      strand.offAbort(abandon);
    }
    strand.check();
    return this.results;
  }

  /** Children that have ended, by index. */
  get results(): readonly ChildResult[] {
    return this.#results.filter((result) => result !== undefined);
  }

  #runAll(inputs: readonly Json[], concurrency: number, tolerance: Tolerance): Promise<void> {
    return new Promise((resolve, reject) => {
      let next = 0;
      const startMore = () => {
        while (!this.#over && next < inputs.length && this.#running.size < concurrency) {
          const index = next++;
          const child = this.#start(inputs[index] as Json, index);
          child.result.then((result) => ended(child, index, result), reject);
          child.start();
        }
        if (this.#running.size === 0 && next >= inputs.length) resolve();
      };
      const ended = (child: Execution, index: number, result: Awaited<Execution['result']>) => {
        this.#running.delete(child);
        this.#results[index] = this.#resultOf(child, index, result);
        if (this.#over) return;
        if (result.status !== 'SUCCEEDED') this.#failures++;
        if (this.#exceeds(tolerance, inputs.length)) {
          this.#abandon();
          reject(
            new StateError(
              'States.ExceedToleratedFailureThreshold',
              'The specified tolerated failure threshold was exceeded',
            ),
          );
        } else startMore();
      };
      startMore();
    });
  }

  #start(input: Json, index: number): Execution {
    const { run } = this.#visit.strand;
    const { options, environment } = run;
    const name = environment.newId('child-execution');
    const machineName = `${baseName(options.stateMachineName)}/${this.#label}`;
    const kind = this.#machine.type === 'EXPRESS' ? 'express' : 'execution';
    const child = new Execution(
      this.#machine,
      {
        ...options,
        arn: `${partsOf(options.stateMachineArn)}:${kind}:${machineName}:${name}${kind === 'express' ? `:${index}` : ''}`,
        name,
        stateMachineArn: `${partsOf(options.stateMachineArn)}:stateMachine:${machineName}`,
        stateMachineName: machineName,
        input: textOf(input),
        type: this.#machine.type,
      },
      run,
    );
    this.#running.add(child);
    environment.onChildExecution?.(child, run.execution);
    return child;
  }

  #resultOf(child: Execution, index: number, result: Awaited<Execution['result']>): ChildResult {
    const { arn, options, startedAt } = child;
    const { name, stateMachineArn, input } = options;
    return { index, arn, name, stateMachineArn, input, startedAt, endedAt: child.endedAt ?? startedAt, ...result };
  }

  /** Without a tolerance any failure is one too many. */
  #exceeds({ count, percentage }: Tolerance, total: number): boolean {
    if (this.#failures === 0) return false;
    if (count === undefined && percentage === undefined) return true;
    if (count !== undefined && this.#failures > count) return true;
    return percentage !== undefined && (100 * this.#failures) / total > percentage;
  }

  #abandon(): void {
    this.#over = true;
    for (const child of this.#running) child.stop();
  }
}

/** `arn:aws:states:us-east-1:111111111111` */
function partsOf(stateMachineArn: string): string {
  return stateMachineArn.split(':').slice(0, 5).join(':');
}

/** The machine's own name, in a child of a Map Run too. */
function baseName(stateMachineName: string): string {
  return stateMachineName.split('/')[0] as string;
}
