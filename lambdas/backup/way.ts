import { AwsUnavailable, BackupGaveWay } from '../../domain/errors.ts';
import type { InterlockClaim } from '../../domain/interlock.ts';
import { reignsIn } from '../../domain/reign.ts';
import type { Interlock } from '../ports/interlock.ts';
import type { BackupPorts } from './ports.ts';

/** Whether a backup has a place here now, and why not: `idle` where the region does not reign, `yield` where a failover is on. */
export interface RightOfWay {
  readonly verdict: 'go' | 'idle' | 'yield';
  readonly reason: string;
}

/** Asks the reign and the claims of both regions: a failover claims in the region that it brings up. Nothing is claimed, so nobody waits for a backup. */
export async function rightOfWay(ports: BackupPorts): Promise<RightOfWay> {
  const reign = await ports.reign.current();
  if (!reignsIn(reign, ports.region)) {
    return { verdict: 'idle', reason: `${reign.primary} reigns, and this is ${ports.region}` };
  }
  for (const [region, interlock] of ports.interlocks) {
    const claims = await claimsOf(interlock, region === ports.region);
    const failover = claims.find(({ work }) => work === 'failover');
    if (failover) {
      return { verdict: 'yield', reason: `a failover (${failover.holder}) holds '${failover.subject}' in ${region}` };
    }
  }
  return { verdict: 'go', reason: '' };
}

/** Throws BackupGaveWay. */
export async function requireRightOfWay(setId: string, ports: BackupPorts): Promise<void> {
  const { verdict, reason } = await rightOfWay(ports);
  if (verdict !== 'go') throw new BackupGaveWay(setId, reason);
}

/** The other region's silence keeps nobody from backing up this one. */
async function claimsOf(interlock: Pick<Interlock, 'list'>, own: boolean): Promise<readonly InterlockClaim[]> {
  try {
    return await interlock.list();
  } catch (error) {
    if (own || !(error instanceof AwsUnavailable)) throw error;
    return [];
  }
}
