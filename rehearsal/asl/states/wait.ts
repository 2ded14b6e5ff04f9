import type { Behaviour, DataFlow } from '../compiled.ts';
import type { Soon } from '../moment.ts';
import type { Visit } from '../visit.ts';

/** Waits until `milliseconds` have passed since the state was entered. */
export function waitBehaviour(
  flow: DataFlow,
  next: string | undefined,
  milliseconds: (visit: Visit) => Soon<number>,
): Behaviour {
  return {
    async perform(visit) {
      const wait = await milliseconds(visit);
      if (wait > 0) await visit.strand.sleep(wait, `wait of ${visit.state.name}`);
      return { ...(await flow.finish(visit, undefined)), next };
    },
  };
}
