/** Of one function to one service: far below every rate that AWS limits. */
export const callsAtATime = 10;

/** Does it for all, so many at once; answers in the order of what was given. The first that throws ends it. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  does: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += atOnce) {
    results.push(...(await Promise.all(items.slice(from, from + atOnce).map(does))));
  }
  return results;
}
