import { aeon } from './aeon.ts';
import type { Platform } from './schema.ts';

/** Every platform by the name that `--platform` and `-c platform=` take. Whoever loads one validates it (`validatePlatform`). */
export const knownPlatforms = { aeon } as const satisfies Readonly<Record<string, Platform>>;
