/** The day so many years after a set was due: what was taken on 29 February stays until 1 March. */
export function lockedUntil(dueAt: number, years: number): Date {
  const at = new Date(dueAt);
  at.setUTCFullYear(at.getUTCFullYear() + years);
  return at;
}
