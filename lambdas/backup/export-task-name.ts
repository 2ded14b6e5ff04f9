import { createHash } from 'node:crypto';

/**
 * Identifier of the export of one database of one set. Sixty characters at most (assumed, as the console says), so that it is a hash: in the
 * list of exports the bucket's prefix says what it is of.
 */
export function exportTaskName(setId: string, database: string): string {
  return `mainstay-${createHash('sha256').update(`${setId}/${database}`).digest('hex').slice(0, 32)}`;
}
