import type { Platform } from '../../platforms/schema.ts';
import { faultCatalogue, parseFaults } from '../faults/catalogue.ts';
import { RandomStream } from '../kernel/random.ts';
import { rehearseCanary } from './canary.ts';
import { replayCommand } from './command.ts';
import { parseRelease } from './releases.ts';
import type { CanaryResult } from './result.ts';

const releases = [
  'healthy',
  'errors=1%',
  'errors=5%',
  'errors=20%',
  'slow=3x',
  'crash',
  'unready',
  'oom',
  'incident=3%',
  'quiet',
];

/** What a seed rehearses: a release and up to three faults of the world, drawn from the seed alone. */
export function drawnFrom(seed: number): { readonly release: string; readonly faults: readonly string[] } {
  const random = new RandomStream(seed, 'sweep');
  const release = random.pick(releases);
  const world = faultCatalogue.filter((fault) => fault.class === 'world').map(({ name }) => name);
  const faults = new Set<string>();
  const count = random.below(4);
  while (faults.size < count) faults.add(random.pick(world));
  return { release, faults: [...faults].sort() };
}

/** Rehearses `count` seeds from `from` on, one after the other. */
export async function* sweepSeeds(options: {
  readonly platform: Platform;
  readonly service: string;
  readonly assemblyDirectory: string;
  readonly from: number;
  readonly count: number;
}): AsyncGenerator<{ readonly seed: number; readonly command: string; readonly result: CanaryResult }> {
  for (let seed = options.from; seed < options.from + options.count; seed++) {
    const drawn = drawnFrom(seed);
    const request = {
      platform: options.platform,
      stage: 'production' as const,
      service: options.service,
      assemblyDirectory: options.assemblyDirectory,
      release: parseRelease(drawn.release),
      faults: parseFaults(drawn.faults),
      seed,
    };
    const { result } = await rehearseCanary(request);
    yield { seed, command: replayCommand(request), result };
  }
}
