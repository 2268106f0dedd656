/**
 * Keeping rows where they are while work goes on elsewhere: known groups are updated in place, new ones wait until they are
 * asked for, and nothing moves under the cursor.
 */
export interface Steady<T> {
  shown: T[];
  waiting: number;
}

/** steady orders what came by what was shown before. With nothing shown yet everything is shown. */
export function steady<T>(
  came: readonly T[],
  id: (x: T) => string,
  before: readonly string[],
  open: boolean,
): Steady<T> {
  if (before.length === 0 || open) return { shown: [...came], waiting: 0 };
  const byId = new Map(came.map((x) => [id(x), x]));
  const shown = before.flatMap((k) => {
    const x = byId.get(k);
    return x === undefined ? [] : [x];
  });
  return { shown, waiting: came.length - shown.length };
}
