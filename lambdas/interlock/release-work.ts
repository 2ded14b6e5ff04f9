import type { ReleaseWorkInput, ReleaseWorkOutput } from '../../domain/workflows/interlock.ts';
import type { Interlock } from '../ports/interlock.ts';

/** Gives back all that a holder has. What another has stays; given back before, nothing happens. */
export async function releaseWork(
  { holder }: ReleaseWorkInput,
  { interlock }: { interlock: Interlock },
): Promise<ReleaseWorkOutput> {
  const claims = await interlock.list();
  const subjects = claims.filter((claim) => claim.holder === holder).map(({ subject }) => subject);
  await interlock.release(holder, subjects);
  return { released: subjects };
}
