import type { Json } from '../../kernel/log.ts';
import type { Behaviour, CompiledStates, DataFlow } from '../compiled.ts';
import { isRecoverable } from '../errors.ts';
import { performStates } from '../perform.ts';
import { Strand } from '../strand.ts';
import { Variables } from '../variables.ts';
import { type BranchFailure, BranchGroup, endBranches } from './branches.ts';

/** Runs its branches side by side on the same input; the result is the array of their outputs. */
export function parallelBehaviour(
  flow: DataFlow,
  next: string | undefined,
  branches: readonly CompiledStates[],
): Behaviour {
  return {
    async perform(visit) {
      const { strand } = visit;
      const input = await flow.arguments(visit);
      const started = strand.write('ParallelStateStarted');
      const group = new BranchGroup(visit);
      const outputs: Json[] = new Array(branches.length).fill(null);
      let lastEnded = started;
      branches.forEach((branch, index) => {
        const child = new Strand(strand.run, {
          variables: new Variables(strand.variables),
          lastEventId: started,
          item: strand.item,
        });
        group.add(
          child,
          performStates(branch, child, input).then((output) => {
            outputs[index] = output;
          }),
          () => {
            lastEnded = child.lastEventId;
          },
        );
      });
      const failure: BranchFailure | undefined = await group.settled;
      strand.check();
      if (failure) {
        if (isRecoverable(failure.error)) endBranches(visit, failure);
        throw failure.error;
      }
      strand.children.length = 0;
      strand.lastEventId = lastEnded;
      strand.writeAside('ParallelStateSucceeded');
      return { ...(await flow.finish(visit, outputs)), next };
    },
  };
}
