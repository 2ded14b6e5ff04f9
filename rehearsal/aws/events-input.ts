import { AwsError, Unmodelled } from './service.ts';

/** How a target's input is made of the event. */
export interface TargetInput {
  readonly Input?: string;
  readonly InputPath?: string;
  readonly InputTransformer?: {
    readonly InputPathsMap?: Readonly<Record<string, string>>;
    readonly InputTemplate: string;
  };
}

/** The rule that selected the event, for the predefined variables. */
export interface RuleIdentity {
  readonly name: string;
  readonly arn: string;
}

/**
 * The text that a target is given. Throws AwsError where the transformed text is no JSON, which EventBridge counts as a failed
 * invocation. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
export function targetInput(target: TargetInput, event: Readonly<Record<string, unknown>>, rule: RuleIdentity): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(event, target.InputPath) ?? null);
  if (target.InputTransformer) return transformed(target.InputTransformer, event, rule);
  return JSON.stringify(event);
}

function transformed(
  { InputPathsMap: paths = {}, InputTemplate: template }: NonNullable<TargetInput['InputTransformer']>,
  event: Readonly<Record<string, unknown>>,
  rule: RuleIdentity,
): string {
  const { detail: _detail, ...envelope } = event;
  const predefined: Readonly<Record<string, unknown>> = {
    'aws.events.rule-arn': rule.arn,
    'aws.events.rule-name': rule.name,
    'aws.events.event.ingestion-time': event['time'],
    'aws.events.event': envelope,
    'aws.events.event.json': event,
  };
  let inText = false;
  const result = template.replaceAll(/\\.|"|<([A-Za-z0-9_.-]+)>/g, (whole, name: string | undefined) => {
    if (whole === '"') inText = !inText;
    if (name === undefined) return whole;
    // 'If you specify a variable to match a JSON path that doesn't exist in the event, that variable isn't created.'
    const value = Object.hasOwn(predefined, name)
      ? predefined[name]
      : Object.hasOwn(paths, name)
        ? valueAt(event, String(paths[name]))
        : undefined;
    if (value === undefined) return '';
    return inText && typeof value === 'string' ? value : JSON.stringify(value);
  });
  try {
    JSON.parse(result);
  } catch {
    throw new AwsError('InvalidTransformedInput', `The input transformer of ${rule.name} gives no JSON: ${result}`);
  }
  return result;
}

/** Dot notation with dashes, underscores and array indices, as EventBridge has it; its wildcards are not modelled. */
function valueAt(event: unknown, path: string): unknown {
  if (!/^\$(\.[A-Za-z0-9_-]+|\[\d+\])*$/.test(path))
    throw new Unmodelled(`the path '${path}' of an input is not modelled`);
  let value: unknown = event;
  for (const [, name, index] of path.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[name ?? String(index)];
  }
  return value;
}
