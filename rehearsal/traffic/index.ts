export type { Incident, Load, ReleaseBehaviour, ReleaseTotals, ServedSpan } from './behaviour.ts';
export { soundBehaviour } from './behaviour.ts';
export { type Backend, type DataPlane, type Target, type TargetState, Traffic } from './traffic.ts';
