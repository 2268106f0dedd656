/**
 * The keyboard of a grid over samples (lines) and tests (columns), as pure functions: where a key leads. Not every sample
 * has every test, so there are holes, and the cursor never stops in one.
 */
export interface SheetCell {
  id: string;
  editable: boolean;
  empty: boolean; // nothing saved and nothing typed
}

export type SheetLine = readonly (SheetCell | null)[];

/** Way is where Enter goes: down one test over all samples, or across one sample over all tests. */
export type Way = 'down' | 'across';

export type SheetKey = 'up' | 'down' | 'left' | 'right' | 'accept' | 'nextEmpty' | 'prevEmpty';

/** walk gives the id of the cell that a key leads to; the present one where there is no further cell. */
export function walk(lines: readonly SheetLine[], active: string | null, key: SheetKey, way: Way): string | null {
  const order = cells(lines, key === 'up' || key === 'down' || (key === 'accept' && way === 'down'));
  const at = order.findIndex((c) => c.cell.id === active);
  const here = order[at];
  if (!here) return order.find((c) => c.cell.editable)?.cell.id ?? order[0]?.cell.id ?? null;
  const step = key === 'up' || key === 'left' || key === 'prevEmpty' ? -1 : 1;
  for (let i = at + step; i >= 0 && i < order.length; i += step) {
    const next = order[i];
    if (next && fits(next, here, key)) return next.cell.id;
  }
  return active;
}

interface Placed {
  cell: SheetCell;
  line: number;
  column: number;
}

/** cells lists all cells line by line, or column by column. */
function cells(lines: readonly SheetLine[], byColumn: boolean): Placed[] {
  const all = lines.flatMap((l, line) => l.flatMap((cell, column) => (cell ? [{ cell, line, column }] : [])));
  return byColumn ? all.sort((a, b) => a.column - b.column || a.line - b.line) : all;
}

function fits(next: Placed, here: Placed, key: SheetKey): boolean {
  switch (key) {
    case 'up':
    case 'down':
      return next.column === here.column;
    case 'left':
    case 'right':
      return next.line === here.line;
    case 'accept':
      return next.cell.editable; // at the end of a column on to the next one, at the end of a line likewise
    default:
      return next.cell.editable && next.cell.empty;
  }
}
