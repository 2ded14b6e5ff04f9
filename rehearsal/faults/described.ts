import { UnknownFault } from '../errors.ts';

/**
 * `world`: something real goes wrong and Mainstay has to cope: every checker must hold.
 * `refusal`: the request is one that Mainstay has to refuse.
 * `sabotage`: breaks a promise on purpose, so that its checker is seen to go red.
 */
export type FaultClass = 'world' | 'refusal' | 'sabotage';

export interface FaultDescription {
  readonly name: string;
  readonly class: FaultClass;
  readonly meaning: string;
  /** For sabotage: the checker that has to go red. */
  readonly breaks?: string;
}

export const world = (name: string, meaning: string): FaultDescription => ({ name, class: 'world', meaning });
export const refusal = (name: string, meaning: string): FaultDescription => ({ name, class: 'refusal', meaning });
export const sabotage = (name: string, meaning: string, breaks: string): FaultDescription => ({
  name,
  class: 'sabotage',
  meaning,
  breaks,
});

/** What happens to every workflow sooner or later; the seed draws where. */
export const everydayFaults: readonly FaultDescription[] = [
  world('throttle', 'AWS throttles one call in ten'),
  world('server-error', 'AWS answers one call in ten with a 5xx'),
  world('timeout', 'one call in twenty-five never gets an answer'),
  world('lost-answer', 'one call in twenty-five has its effect, and its answer is lost'),
  world('crash-before', 'one invocation in ten dies before it did anything'),
  world('crash-after-side-effect', 'one invocation in ten dies after its work, before its answer'),
  world('deliver-twice', 'one invocation in ten is delivered a second time'),
];
/** Of workflows that speak to the cluster. */
export const clusterFault = world('kubernetes-errors', 'the cluster answers one call in ten with 429, 500 or 503');

/** The described faults, in the order of the catalogue. `what`: 'a failover'. Throws UnknownFault, naming every unknown one. */
export function knownFaults(
  names: readonly string[],
  catalogue: readonly FaultDescription[],
  what: string,
): readonly FaultDescription[] {
  const unknown = names.filter((name) => !catalogue.some((fault) => fault.name === name));
  if (unknown.length > 0) {
    const given = unknown.map((name) => `'${name}'`).join(', ');
    const known = catalogue.map(({ name }) => name).join(', ');
    throw new UnknownFault(
      `There is no fault ${given} for ${what}. Known: ${known}. Choose from these; 'npx mainstay rehearse list' says what each does.`,
    );
  }
  return catalogue.filter(({ name }) => names.includes(name));
}
