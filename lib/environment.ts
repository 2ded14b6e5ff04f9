import { environmentName, type Stage } from '../domain/names.ts';
import type { Platform } from '../platforms/schema.ts';
import { platformAt, type StagedPlatform } from '../platforms/stage.ts';

/** One stage of a platform in one account: what every stack is built from. */
export interface Environment {
  /** `aeon`, `aeon-staging`: the prefix of names, and the Kubernetes namespace. */
  readonly name: string;
  readonly stage: Stage;
  readonly account: string;
  /** With the stage's overrides. */
  readonly platform: StagedPlatform;
  /** As written, all stages: what is shared between them (repositories) is made from this. */
  readonly definition: Platform;
}

export function environmentOf(definition: Platform, stage: Stage, account: string): Environment {
  return {
    name: environmentName(definition.name, stage),
    stage,
    account,
    platform: platformAt(definition, stage),
    definition,
  };
}

/** `aeon-staging` → `AeonStaging`: prefix of stack names, and how a task is named in a workflow's placeholders. */
export function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
