import type { Json } from '../../kernel/log.ts';
import type { Behaviour, Evaluable } from '../compiled.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { compilePathTemplate } from '../jsonpath/template.ts';
import { parseTaskResource } from '../states/resource.ts';
import { taskBehaviour } from '../states/task.ts';
import { flowOf } from './flows.ts';
import { compileNumber } from './numbers.ts';
import type { StateDefinition } from './states.ts';

/** Task. */
export function compileTask(state: StateDefinition): Behaviour {
  const { fields } = state;
  const resource = parseTaskResource(fields['Resource'] as string);
  if (!resource)
    throw new Error(`the resource '${String(fields['Resource'])}' passed validation and cannot be taken apart`);
  return taskBehaviour(flowOf(state), state.next, {
    resource,
    timeoutSeconds: compileNumber(state, fields, 'TimeoutSeconds'),
    heartbeatSeconds: compileNumber(state, fields, 'HeartbeatSeconds'),
    credentials: credentialsOf(state, fields['Credentials']),
  });
}

function credentialsOf({ language }: StateDefinition, credentials: Json | undefined): Evaluable | undefined {
  if (credentials === undefined) return undefined;
  return language === 'JSONata' ? compileJsonataTemplate(credentials, 'Credentials') : compilePathTemplate(credentials);
}
