import { environmentName, type Stage } from '../domain/names.ts';
import type { Place, Platform } from '../platforms/schema.ts';
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

/** One of an environment's two regions, as the stacks that stand in both are told it. */
export interface Site {
  readonly role: 'primary' | 'standby';
  readonly place: Place;
}

export function primarySite({ platform }: Environment): Site {
  return { role: 'primary', place: platform.regions.primary };
}

/** Undefined where the stage has no standby. */
export function standbySite({ platform }: Environment): Site | undefined {
  const { standby } = platform.regions;
  return standby && { role: 'standby', place: standby };
}

/** What a stack of a site is called: `Network`, and `StandbyNetwork` beside it. */
export function partOf({ role }: Site, part: string): string {
  return role === 'standby' ? `Standby${part}` : part;
}

/** `aeon-staging` → `AeonStaging`: prefix of stack names, and how a task is named in a workflow's placeholders. */
export function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
