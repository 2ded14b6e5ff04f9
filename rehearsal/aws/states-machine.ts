import { readFileSync } from 'node:fs';
import { type CompiledStateMachine, compile } from '../asl/index.ts';
import type { AssetSource } from './module.ts';
import { type ResourceRequest, Unmodelled } from './service.ts';

/** A state machine as it was created. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  readonly region: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly roleArn: string;
  /** JSON text, substitutions made. */
  readonly definition: string;
  readonly compiled: CompiledStateMachine;
  readonly createdAt: number;
  readonly logs: boolean;
  readonly traces: boolean;
  /** Customer managed key over the executions' data. */
  readonly key?: string;
}

/** A Task state of a definition, however deep it stands. */
export interface TaskState {
  readonly name: string;
  readonly resource: string;
  readonly arguments: unknown;
  readonly hasCredentials: boolean;
}

/** The definition's text: inline, as an object, or an asset; `${name}` replaced by DefinitionSubstitutions. */
export function definitionText(request: ResourceRequest, assets: AssetSource): string {
  const { properties } = request;
  const substitutions = (properties['DefinitionSubstitutions'] ?? {}) as Readonly<Record<string, unknown>>;
  const text = rawDefinition(properties, assets);
  return text.replaceAll(/\$\{([A-Za-z0-9_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(substitutions, name) ? String(substitutions[name]) : whole,
  );
}

function rawDefinition(properties: Readonly<Record<string, unknown>>, assets: AssetSource): string {
  if (typeof properties['DefinitionString'] === 'string') return properties['DefinitionString'];
  if (properties['Definition'] !== undefined) return JSON.stringify(properties['Definition']);
  const location = properties['DefinitionS3Location'] as { Bucket?: string; Key?: string } | undefined;
  const file = location && assets.locate(String(location.Bucket), String(location.Key));
  if (file) return readFileSync(file, 'utf8');
  throw new Unmodelled('the state machine has no DefinitionString, Definition or asset in DefinitionS3Location');
}

/** Compiles the definition. Throws asl's InvalidDefinition with every diagnostic. */
export function compiled(text: string, type: StateMachine['type']): CompiledStateMachine {
  return compile(JSON.parse(text), { type });
}

/** Every Task state, those in branches and maps included. */
export function taskStates(definition: unknown): TaskState[] {
  const found: TaskState[] = [];
  const visit = (value: unknown): void => {
    const states = (value as { States?: Record<string, Record<string, unknown>> } | undefined)?.States;
    for (const [name, state] of Object.entries(states ?? {})) {
      if (state['Type'] === 'Task') {
        found.push({
          name,
          resource: String(state['Resource']),
          arguments: state['Arguments'] ?? state['Parameters'],
          hasCredentials: state['Credentials'] !== undefined,
        });
      }
      for (const branch of (state['Branches'] as unknown[] | undefined) ?? []) visit(branch);
      visit(state['ItemProcessor'] ?? state['Iterator']);
    }
  };
  visit(definition);
  return found;
}
