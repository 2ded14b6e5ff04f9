import type { DatabaseModel } from './database.ts';
import type { Column } from './messages.ts';
import type { HeartbeatState } from './state.ts';

export const beatColumns: readonly Column[] = [
  { name: 'epoch', type: 'int8' },
  { name: 'beaten_at', type: 'timestamptz' },
];

/** As the server writes a time: its time zone is UTC on RDS. */
export function stamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '+00');
}

/** By the clock of the server that wrote it. */
export function beatRow({ epoch, beatenAt }: HeartbeatState, { server }: DatabaseModel): readonly string[] {
  return [String(epoch), stamp(beatenAt === 0 ? 0 : beatenAt + (server.clockOffset?.() ?? 0))];
}
