import { aeon } from './aeon.ts';
import type { Platform } from './schema.ts';

/** Every platform known by name. Validated where it is loaded (`validatePlatform`), never here. */
export const platforms: Readonly<Record<string, Platform>> = { aeon };

/** Names that `--platform` and `-c platform=` take. */
export const knownPlatforms: readonly string[] = Object.keys(platforms);
