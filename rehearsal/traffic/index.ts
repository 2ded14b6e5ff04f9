export type { Incident, Load, ReleaseBehaviour, ReleaseTotals, ServedSpan } from './behaviour.ts';
export { soundBehaviour } from './behaviour.ts';
export type { Backend, DataPlane, Target, TargetState } from './data-plane.ts';
export { Traffic } from './traffic.ts';
