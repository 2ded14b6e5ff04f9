import type { Behaviour } from '../compiled.ts';
import { compileJsonataTemplate } from '../jsonata/template.ts';
import { parseTaskResource } from '../states/resource.ts';
import { taskBehaviour } from '../states/task.ts';
import { flowOf } from './flows.ts';
import { jsonataNumber } from './numbers.ts';
import type { StateDefinition } from './states.ts';

/** Task. */
export function compileTask(state: StateDefinition): Behaviour {
  const { fields } = state;
  const resource = parseTaskResource(fields['Resource'] as string);
  if (!resource)
    throw new Error(`the resource '${String(fields['Resource'])}' passed validation and cannot be taken apart`);
  const credentials = fields['Credentials'];
  return taskBehaviour(flowOf(state), state.next, {
    resource,
    timeoutSeconds: jsonataNumber(fields, 'TimeoutSeconds'),
    heartbeatSeconds: jsonataNumber(fields, 'HeartbeatSeconds'),
    credentials: credentials === undefined ? undefined : compileJsonataTemplate(credentials, 'Credentials'),
  });
}
