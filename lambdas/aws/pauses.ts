import { setTimeout } from 'node:timers/promises';
import type { Pauses } from '../ports/failover.ts';

export const systemPauses: Pauses = { seconds: (seconds) => setTimeout(seconds * 1000) };
