import type { Behaviour, DataFlow } from '../compiled.ts';

/** Hands its input on, changed by its fields alone. Succeed does the same and ends the strand. */
export function passBehaviour(flow: DataFlow, next: string | undefined, hasResult: boolean): Behaviour {
  return {
    async perform(visit) {
      const result = hasResult ? await flow.arguments(visit) : undefined;
      return { ...(await flow.finish(visit, result)), next };
    },
  };
}
