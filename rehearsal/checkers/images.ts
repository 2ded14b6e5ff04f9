import type { RehearsalEvent } from '../kernel/log.ts';
import type { Checker } from './checker.ts';

/** Why each needed digest is needed, by `repository digest`: asked of the world at the moment of a deletion. */
export type NeededImages = ReadonlyMap<string, string>;

/** No image goes, in any region, that runs or that a rollback, a promotion or the standby needs. */
export function neededImagesStay(needed: () => NeededImages): Checker {
  const lost: string[] = [];
  return {
    name: 'no needed image is deleted',
    seen(event: RehearsalEvent) {
      if (event.kind !== 'image.deleted') return;
      const why = needed().get(`${event['repository']} ${event['digest']}`);
      if (why) lost.push(`${event['repository']} ${event['digest']} went from ${event['region']}: ${why}`);
    },
    conclude: () => lost,
  };
}

interface Planned {
  readonly repository: string;
  readonly regions: readonly {
    readonly region: string;
    readonly deletions: readonly { readonly digest: string; readonly because: string }[];
  }[];
}

/** Whatever went was planned before, in that region, with a reason; and nothing went in a dry run. */
export function deletionsAreExplained(): Checker {
  const reasons = new Map<string, string>();
  const unexplained: string[] = [];
  return {
    name: 'every deletion has its reason',
    seen(event: RehearsalEvent) {
      if (event.kind === 'state.exited' && event['state'] === 'Plan the retention') {
        for (const { region, repository, digest, because } of planned(event['output'] as unknown as Planned)) {
          reasons.set(`${region} ${repository} ${digest}`, because);
        }
      }
      if (event.kind !== 'image.deleted') return;
      const image = `${event['region']} ${event['repository']} ${event['digest']}`;
      if (!reasons.get(image)) unexplained.push(`nobody said why ${image} went`);
    },
    conclude: () => unexplained,
  };
}

function planned({ repository, regions }: Planned) {
  // A state that was left by its Catch has another output.
  return (regions ?? []).flatMap(({ region, deletions }) =>
    deletions.map(({ digest, because }) => ({ region, repository, digest, because })),
  );
}

/** A dry run, from its start to its end, deletes nothing. */
export function dryRunsChangeNothing(): Checker {
  const dry = new Set<string>();
  const changed: string[] = [];
  return {
    name: 'a dry run changes nothing',
    seen(event: RehearsalEvent) {
      const execution = String(event['execution']);
      if (event.kind === 'execution.started' && JSON.stringify(event['input']).includes('"dryRun":true'))
        dry.add(execution);
      if (event.kind === 'execution.ended') dry.delete(execution);
      if (event.kind === 'image.deleted' && dry.size > 0) changed.push(`${event['digest']} went during ${[...dry]}`);
    },
    conclude: () => changed,
  };
}

/** Said once at the end, of what the scenario itself knows. */
export function stands(name: string, faults: () => readonly string[]): Checker {
  return { name, conclude: faults };
}
