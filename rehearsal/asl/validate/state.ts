import type { Json } from '../../kernel/log.ts';
import type { QueryLanguage, StateType } from '../compiled.ts';
import { isObject } from '../json-text.ts';
import { isExpression } from '../jsonata/expression.ts';
import { instantOf } from '../timestamp.ts';
import type { Checker, Fields } from './checker.ts';
import { checkCondition, checkRule, checkVariableNames } from './choice.ts';
import { requiredFields, stateFields } from './fields.ts';
import { checkJsonata, type StatesView } from './jsonata.ts';
import { checkPath, checkPathTemplate, checkReferencePath } from './jsonpath.ts';
import { checkBranches, checkMap } from './map.ts';
import { checkResource } from './resource.ts';
import { checkErrorEquals, checkRetry } from './retry.ts';

const types = ['Task', 'Wait', 'Pass', 'Succeed', 'Fail', 'Choice', 'Parallel', 'Map'] as const;

/** What a state is checked in. */
export interface Surroundings {
  readonly checker: Checker;
  /** Of the machine: states inherit it, never a Map's or Parallel's own. */
  readonly machineLanguage: QueryLanguage;
  /** Within an Express machine, or the children of an Express Map Run. */
  readonly express: boolean;
}

/** A state as the checks of its fields see it. */
export interface StateUnderCheck extends Surroundings {
  readonly fields: Fields;
  readonly location: string;
  readonly language: QueryLanguage;
}

/** Checks one state and everything in it, but for where its transitions lead. */
export function checkState(surroundings: Surroundings, fields: Json, location: string): void {
  const { checker, machineLanguage } = surroundings;
  if (!checker.object(fields, location)) return;
  if (!checker.required(fields, ['Type'], location)) return;
  if (!checker.oneOf(fields['Type'], 'Type', types, `${location}/Type`)) return;
  const type = fields['Type'] as StateType;
  const language = languageOf(checker, fields, machineLanguage, location);
  const state: StateUnderCheck = { ...surroundings, fields, location, language };
  checkFieldNames(state, type);
  checker.required(fields, requiredFields[type] ?? [], location);
  if (fields['Comment'] !== undefined) checker.text(fields['Comment'], `${location}/Comment`);
  if (Object.hasOwn(stateFields[type], 'End')) checkTransition(state);
  checkData(state, type);
  checkRetry(checker, fields['Retry'], `${location}/Retry`);
  checkCatch(state);
  byType[type]?.(state);
}

function languageOf(checker: Checker, fields: Fields, inherited: QueryLanguage, location: string): QueryLanguage {
  const own = fields['QueryLanguage'];
  if (own === undefined) return inherited;
  if (!checker.oneOf(own, 'QueryLanguage', ['JSONPath', 'JSONata'], `${location}/QueryLanguage`)) return inherited;
  if (own === 'JSONPath' && inherited === 'JSONata') {
    checker.refuse("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", location);
  }
  return own as QueryLanguage;
}

function checkFieldNames({ checker, fields, location, language }: StateUnderCheck, type: StateType): void {
  const known = stateFields[type];
  for (const name of Object.keys(fields)) {
    const of = Object.hasOwn(known, name) ? known[name] : undefined;
    if (of === undefined) checker.refuse(`Field '${name}' is not supported`, location);
    else if (of !== 'both' && of !== language) {
      checker.refuse(
        `The QueryLanguage is set to '${language}', but field '${name}' is only supported for the '${of}' QueryLanguage`,
        location,
      );
    }
  }
}

function checkTransition({ checker, fields, location }: StateUnderCheck): void {
  const { Next, End } = fields;
  if (End !== undefined && typeof End !== 'boolean')
    checker.refuse('Expected value of type Boolean', `${location}/End`);
  if (Next !== undefined) checker.text(Next, `${location}/Next`);
  if (Next === undefined && End !== true) checker.refuse('A state must have one of the fields: [Next, End]', location);
  if (Next !== undefined && End === true)
    checker.refuse('A state must have only one of the fields: [Next, End]', location);
}

/** The fields that select and shape data, of either language. */
function checkData(state: StateUnderCheck, type: StateType): void {
  const { checker, fields, location, language } = state;
  const at = (name: string) => `${location}/${name}`;
  checkVariableNames(checker, fields['Assign'], at('Assign'), language);
  if (language === 'JSONata') {
    const view: StatesView = { result: type === 'Task' || type === 'Parallel' || type === 'Map' };
    checkJsonata(checker, fields['Arguments'], at('Arguments'));
    checkJsonata(checker, fields['Output'], at('Output'), view);
    checkJsonata(checker, fields['Assign'], at('Assign'), view);
    return;
  }
  for (const name of ['InputPath', 'OutputPath']) {
    if (fields[name] !== undefined && fields[name] !== null) checkPath(checker, fields[name], at(name));
  }
  if (fields['ResultPath'] !== undefined && fields['ResultPath'] !== null)
    checkReferencePath(checker, fields['ResultPath'], at('ResultPath'));
  for (const name of ['Parameters', 'ResultSelector', 'Assign', 'ItemSelector'])
    checkPathTemplate(checker, fields[name], at(name));
  for (const name of ['ResultSelector', 'Assign'])
    if (fields[name] !== undefined) checker.object(fields[name], at(name));
}

function checkCatch({ checker, fields, location, language }: StateUnderCheck): void {
  const catchers = fields['Catch'];
  if (catchers === undefined) return;
  if (!Array.isArray(catchers)) {
    checker.refuse('Expected value of type Array', `${location}/Catch`);
    return;
  }
  const own = language === 'JSONata' ? ['Output'] : ['ResultPath'];
  catchers.forEach((catcher, index) => {
    const place = `${location}/Catch[${index}]`;
    if (!checker.object(catcher, place)) return;
    checker.only(catcher, ['ErrorEquals', 'Next', 'Assign', 'Comment', ...own], place);
    checkErrorEquals(checker, catcher, place, index === catchers.length - 1);
    if (checker.required(catcher, ['Next'], place)) checker.text(catcher['Next'], `${place}/Next`);
    checkVariableNames(checker, catcher['Assign'], `${place}/Assign`, language);
    if (language === 'JSONata') {
      for (const name of ['Output', 'Assign'])
        checkJsonata(checker, catcher[name], `${place}/${name}`, { errorOutput: true });
    } else {
      checkPathTemplate(checker, catcher['Assign'], `${place}/Assign`);
      const path = catcher['ResultPath'];
      if (path !== undefined && path !== null) checkReferencePath(checker, path, `${place}/ResultPath`);
    }
  });
}

const byType: Readonly<Partial<Record<StateType, (state: StateUnderCheck) => void>>> = {
  Task: checkTask,
  Wait: checkWait,
  Choice: checkChoice,
  Fail: checkFail,
  Parallel: checkBranches,
  Map: checkMap,
};

function checkTask(state: StateUnderCheck): void {
  const { checker, fields, location, language } = state;
  const resource = fields['Resource'];
  if (resource !== undefined && checker.text(resource, `${location}/Resource`)) {
    checkResource(checker, resource, `${location}/Resource`, state.express);
  }
  checkNumber(state, 'TimeoutSeconds', 1);
  checkNumber(state, 'HeartbeatSeconds', 1);
  const { TimeoutSeconds, HeartbeatSeconds } = fields;
  if (
    typeof TimeoutSeconds === 'number' &&
    typeof HeartbeatSeconds === 'number' &&
    HeartbeatSeconds >= TimeoutSeconds
  ) {
    checker.refuse('HeartbeatSeconds must be smaller than TimeoutSeconds', `${location}/HeartbeatSeconds`);
  }
  const credentials = fields['Credentials'];
  if (credentials === undefined) return;
  const place = `${location}/Credentials`;
  if (language === 'JSONata') checkJsonata(checker, credentials, place);
  else checkPathTemplate(checker, credentials, place);
  if (isExpression(credentials)) return;
  if (isObject(credentials) && !Object.hasOwn(credentials, 'RoleArn') && !Object.hasOwn(credentials, 'RoleArn.$')) {
    checker.refuse("The field 'RoleArn' is required but was missing", place);
  }
}

/** A number that is written out, or computed: by an expression in JSONata, by the field with `Path` in JSONPath. */
export function checkNumber(
  state: StateUnderCheck,
  name: string,
  least: number,
  most?: number,
  fields: Fields = state.fields,
  place = state.location,
): void {
  const { checker, language } = state;
  const value = fields[name];
  const path = fields[`${name}Path`];
  if (value !== undefined) {
    if (language === 'JSONata' && isExpression(value)) checkJsonata(checker, value, `${place}/${name}`);
    else if (name.endsWith('Percentage')) checker.number(value, `${place}/${name}`, least, most);
    else checker.integer(value, `${place}/${name}`, least, most);
  }
  if (path === undefined || language === 'JSONata') return;
  checkPath(checker, path, `${place}/${name}Path`);
  if (value !== undefined)
    checker.refuse(`You cannot specify both '${name}' and '${name}Path' in the same state`, place);
}

function checkWait(state: StateUnderCheck): void {
  const { checker, fields, location, language } = state;
  const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter((name) => fields[name] !== undefined);
  if (given.length !== 1) {
    checker.refuse(
      'A Wait state must have exactly one of the fields: [Seconds, SecondsPath, Timestamp, TimestampPath]',
      location,
    );
  }
  if (fields['Seconds'] !== undefined) checkNumber(state, 'Seconds', 0);
  else if (fields['SecondsPath'] !== undefined) checkPath(checker, fields['SecondsPath'], `${location}/SecondsPath`);
  if (fields['TimestampPath'] !== undefined) checkPath(checker, fields['TimestampPath'], `${location}/TimestampPath`);
  const timestamp = fields['Timestamp'];
  if (timestamp === undefined) return;
  if (language === 'JSONata' && isExpression(timestamp)) checkJsonata(checker, timestamp, `${location}/Timestamp`);
  else if (typeof timestamp !== 'string' || instantOf(timestamp) === undefined) {
    checker.refuse('String does not match RFC3339 timestamp', `${location}/Timestamp`);
  }
}

function checkChoice({ checker, fields, location, language }: StateUnderCheck): void {
  if (fields['Default'] !== undefined) checker.text(fields['Default'], `${location}/Default`);
  const choices = fields['Choices'];
  if (choices === undefined || !checker.filledArray(choices, `${location}/Choices`)) return;
  choices.forEach((rule, index) => {
    const place = `${location}/Choices[${index}]`;
    if (!checker.object(rule, place)) return;
    checkVariableNames(checker, rule['Assign'], `${place}/Assign`, language);
    if (language === 'JSONPath') {
      checkRule(checker, rule, place);
      checkPathTemplate(checker, rule['Assign'], `${place}/Assign`);
      return;
    }
    checkCondition(checker, rule, place);
    for (const name of ['Output', 'Assign']) checkJsonata(checker, rule[name], `${place}/${name}`);
  });
}

function checkFail({ checker, fields, location, language }: StateUnderCheck): void {
  for (const name of ['Error', 'Cause']) {
    if (fields[name] !== undefined && checker.text(fields[name], `${location}/${name}`) && language === 'JSONata') {
      checkJsonata(checker, fields[name], `${location}/${name}`);
    }
    const path = fields[`${name}Path`];
    if (path === undefined) continue;
    checkPath(checker, path, `${location}/${name}Path`, { intrinsic: true });
    if (fields[name] !== undefined)
      checker.refuse(`You cannot specify both '${name}' and '${name}Path' in the same state`, location);
  }
}
