import type { Json } from '../../kernel/log.ts';
import type { QueryLanguage } from '../compiled.ts';
import { isObject } from '../json-text.ts';
import { Checker, type Fields } from './checker.ts';
import { machineFields } from './fields.ts';
import { checkState, type Surroundings } from './state.ts';
import { checkTransitions } from './transitions.ts';

/** Longest name of a state. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const maximumNameLength = 80;

/** Checks a whole machine. */
export function checkMachine(document: Fields, type: 'STANDARD' | 'EXPRESS'): Checker {
  const checker = new Checker(type);
  checker.only(document, machineFields, '/');
  if (document['TimeoutSeconds'] !== undefined) checker.integer(document['TimeoutSeconds'], '/TimeoutSeconds', 1);
  for (const name of ['Comment', 'Version']) if (document[name] !== undefined) checker.text(document[name], `/${name}`);
  if (document['QueryLanguage'] !== undefined)
    checker.oneOf(document['QueryLanguage'], 'QueryLanguage', ['JSONPath', 'JSONata'], '/QueryLanguage');
  const machineLanguage: QueryLanguage = document['QueryLanguage'] === 'JSONata' ? 'JSONata' : 'JSONPath';
  checkStates({ checker, machineLanguage, express: type === 'EXPRESS' }, document, '');
  checkUniqueNames(checker, document);
  return checker;
}

/** Checks StartAt and States of a machine, a branch or an item processor. `location` is empty for the machine itself. */
export function checkStates(surroundings: Surroundings, container: Fields, location: string): void {
  const { checker } = surroundings;
  const complete = checker.required(container, ['States', 'StartAt'], location === '' ? '/' : location);
  const states = container['States'];
  if (
    !complete ||
    !checker.text(container['StartAt'], `${location}/StartAt`) ||
    !checker.object(states, `${location}/States`)
  )
    return;
  if (Object.keys(states).length === 0) {
    checker.refuse('Value cannot be empty', `${location}/States`);
    return;
  }
  for (const [name, state] of Object.entries(states)) {
    const place = `${location}/States/${name}`;
    if (name.length === 0 || name.length > maximumNameLength) {
      checker.refuse(
        `A state's name must have 1 to ${maximumNameLength} characters, but has ${name.length}`,
        place,
        'INVALID_STATE_NAME',
      );
    }
    checkState(surroundings, state, place);
  }
  checkTransitions(checker, container['StartAt'], states, location);
}

function checkUniqueNames(checker: Checker, document: Fields): void {
  const seen = new Set<string>();
  const labels = new Set<Json>();
  const walk = (container: Json | undefined, location: string): void => {
    const states = isObject(container) ? container['States'] : undefined;
    if (!isObject(states)) return;
    for (const [name, state] of Object.entries(states)) {
      const place = `${location}/States/${name}`;
      if (seen.has(name)) checker.refuse(`Duplicate state name: ${name}`, place, 'DUPLICATE_STATE_NAME');
      seen.add(name);
      if (!isObject(state)) continue;
      if (state['Label'] !== undefined) {
        if (labels.has(state['Label']))
          checker.refuse(`Duplicate label name: ${String(state['Label'])}`, place, 'DUPLICATE_LABEL_NAME');
        labels.add(state['Label']);
      }
      for (const field of ['ItemProcessor', 'Iterator']) walk(state[field], `${place}/${field}`);
      if (Array.isArray(state['Branches']))
        for (const [index, branch] of state['Branches'].entries()) walk(branch, `${place}/Branches[${index}]`);
    }
  };
  walk(document, '');
}
