import type { Json } from '../../kernel/log.ts';
import type { CompiledState, CompiledStates, QueryLanguage, StateType } from '../compiled.ts';
import { passBehaviour } from '../states/pass.ts';
import { compileMap, compileParallel } from './composite-states.ts';
import { compileCatch, compileRetry } from './errors.ts';
import { flowOf } from './flows.ts';
import { compileChoice, compileFail, compileWait } from './simple-states.ts';
import { compileTask } from './task-state.ts';

export type Definition = { readonly [key: string]: Json };

/** What the compilers of the single states are given. */
export interface StateDefinition {
  readonly name: string;
  readonly type: StateType;
  readonly fields: Definition;
  readonly language: QueryLanguage;
  /** What states within this one have unless they say otherwise: the machine's language, not this state's. */
  readonly inherited: QueryLanguage;
  readonly next: string | undefined;
}

/** Compiles `StartAt` and `States` of a machine, a branch or an item processor; the definition has been validated. */
export function compileStates(definition: Definition, language: QueryLanguage): CompiledStates {
  const states = new Map<string, CompiledState>();
  for (const [name, fields] of Object.entries(definition['States'] as { [name: string]: Definition })) {
    states.set(name, compileState(name, fields, language));
  }
  return { startAt: definition['StartAt'] as string, states };
}

function compileState(name: string, fields: Definition, inherited: QueryLanguage): CompiledState {
  const type = fields['Type'] as StateType;
  const language = (fields['QueryLanguage'] as QueryLanguage | undefined) ?? inherited;
  const next = typeof fields['Next'] === 'string' ? fields['Next'] : undefined;
  const state: StateDefinition = { name, type, fields, language, inherited, next };
  return {
    name,
    type,
    language,
    next,
    behaviour: behaviourOf(state),
    retry: compileRetry(fields['Retry']),
    catch: compileCatch(fields['Catch'], language),
  };
}

function behaviourOf(state: StateDefinition) {
  switch (state.type) {
    case 'Pass':
      return passBehaviour(flowOf(state), state.next, state.language === 'JSONPath');
    case 'Succeed':
      return passBehaviour(flowOf(state), undefined, false);
    case 'Fail':
      return compileFail(state);
    case 'Wait':
      return compileWait(state);
    case 'Choice':
      return compileChoice(state);
    case 'Task':
      return compileTask(state);
    case 'Parallel':
      return compileParallel(state);
    case 'Map':
      return compileMap(state);
  }
}
