import type { Json } from '../../kernel/log.ts';
import { isObject } from '../json-text.ts';
import type { Checker } from './checker.ts';

/**
 * Every transition leads to a state of the same container; every state is reached from StartAt, as long as the container has
 * an end at all. AWS words every missing target as a missing 'Next', and reports no unreachable state beside a missing end.
 */
export function checkTransitions(
  checker: Checker,
  startAt: string,
  states: { [name: string]: Json },
  location: string,
): void {
  const missing = (target: string, place: string) => {
    checker.refuse(`Missing 'Next' target: ${target}`, place, 'MISSING_TRANSITION_TARGET');
  };
  if (!Object.hasOwn(states, startAt)) missing(startAt, `${location}/StartAt`);
  const targets = new Map<string, string[]>();
  for (const [name, state] of Object.entries(states)) {
    const found = isObject(state) ? transitionsOf(state, `${location}/States/${name}`) : [];
    for (const [target, place] of found) if (!Object.hasOwn(states, target)) missing(target, place);
    targets.set(
      name,
      found.map(([target]) => target),
    );
  }
  if (!Object.values(states).some((state) => isObject(state) && isTerminal(state))) {
    checker.refuse('Workflow has no terminal state', undefined, 'MISSING_END_STATE');
    return;
  }
  const reached = new Set<string>();
  const queue = [startAt];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    queue.push(...(targets.get(name) ?? []));
  }
  for (const name of Object.keys(states)) {
    if (!reached.has(name))
      checker.refuse(`State "${name}" is not reachable.`, `${location}/States/${name}`, 'MISSING_TRANSITION_TARGET');
  }
}

function isTerminal(state: { [key: string]: Json }): boolean {
  return state['End'] === true || state['Type'] === 'Succeed' || state['Type'] === 'Fail';
}

function transitionsOf(state: { [key: string]: Json }, place: string): [target: string, place: string][] {
  const found: [string, string][] = [];
  const add = (target: Json | undefined, at: string) => {
    if (typeof target === 'string') found.push([target, at]);
  };
  add(state['Next'], `${place}/Next`);
  add(state['Default'], `${place}/Default`);
  for (const field of ['Choices', 'Catch']) {
    const handlers = state[field];
    if (Array.isArray(handlers)) {
      handlers.forEach((handler, index) => {
        if (isObject(handler)) add(handler['Next'], `${place}/${field}[${index}]/Next`);
      });
    }
  }
  return found;
}
