import { publicSignalName } from '../../domain/failover-settings.ts';
import type { PublicHealth } from '../ports/failover.ts';
import type { TextSignals } from '../ports/serving.ts';

/** What Route 53 says of a region's public endpoint, by the text that stands for its check. Without a zone nobody says anything. */
export function publicHealthOf(
  {
    environment,
    zone,
    region,
  }: { readonly environment: string; readonly zone: string | null; readonly region: string },
  texts: TextSignals,
): PublicHealth {
  return {
    async look() {
      const text = zone === null ? undefined : await texts.read(publicSignalName(environment, region, zone));
      return text === 'up' || text === 'down' ? text : 'unknown';
    },
  };
}
