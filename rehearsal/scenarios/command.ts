import type { Platform } from '../../platforms/schema.ts';
import type { FaultDescription } from '../faults/described.ts';
import type { ReleaseUnderRehearsal } from './releases.ts';

/** The one command that replays a run. */
export function replayCommand(request: {
  readonly platform: Platform;
  readonly service: string;
  readonly release: ReleaseUnderRehearsal;
  readonly faults: readonly FaultDescription[];
  readonly seed: number;
  readonly strategy?: string;
  readonly tag?: string;
  readonly postgres?: boolean;
}): string {
  const words = ['npx mainstay rehearse canary', `--platform ${request.platform.name}`, `--service ${request.service}`];
  words.push(`--release ${request.release.text}`);
  if (request.strategy !== undefined) words.push(`--strategy ${request.strategy}`);
  if (request.tag !== undefined) words.push(`--tag ${request.tag}`);
  for (const { name } of request.faults) words.push(`--fault ${name}`);
  if (request.postgres) words.push('--postgres');
  words.push(`--seed ${request.seed}`);
  return words.join(' ');
}
