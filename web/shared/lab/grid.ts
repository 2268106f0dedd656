/**
 * The keyboard of the results grid, as a pure reducer: what a key does to the cursor and to the text being typed. The
 * screen supplies the rows; the reducer knows only which cells can be typed into and which are empty.
 */
export interface GridRow {
  id: string;
  editable: boolean;
  value: string; // the saved value; "" when none
}

export interface GridState {
  active: string | null; // id of the row under the cursor
  text: Record<string, string>; // typed and not yet saved, by row id
}

export type GridAction =
  | { type: 'go'; id: string }
  | { type: 'type'; id: string; text: string }
  | { type: 'up' }
  | { type: 'down' }
  | { type: 'accept' } // Enter: keep what is typed and go down
  | { type: 'nextEmpty' } // Tab
  | { type: 'prevEmpty' } // Shift+Tab
  | { type: 'undo' } // Esc: back to the saved value
  | { type: 'saved'; ids: string[] }
  | { type: 'drafts'; text: Record<string, string> };

export const gridStart: GridState = { active: null, text: {} };

/** grid applies one action. Rows may have changed since the last call: the cursor stays on its id, never on a position. */
export function grid(s: GridState, a: GridAction, rows: readonly GridRow[]): GridState {
  switch (a.type) {
    case 'go':
      return { ...s, active: a.id };
    case 'type':
      return { ...s, active: a.id, text: { ...s.text, [a.id]: a.text } };
    case 'up':
      return move(s, rows, -1, () => true);
    case 'down':
    case 'accept':
      return move(s, rows, 1, () => true);
    case 'nextEmpty':
      return move(s, rows, 1, (r) => r.editable && shown(s, r) === '');
    case 'prevEmpty':
      return move(s, rows, -1, (r) => r.editable && shown(s, r) === '');
    case 'undo':
      return s.active === null ? s : { ...s, text: without(s.text, [s.active]) };
    case 'saved':
      return { ...s, text: without(s.text, a.ids) };
    case 'drafts':
      return { ...s, text: { ...a.text, ...s.text } };
  }
}

/** shown is what the cell shows: what is typed, else what is saved. */
export function shown(s: GridState, r: GridRow): string {
  return s.text[r.id] ?? r.value;
}

/** dirty lists the rows whose typed text differs from what is saved; these are the draft. */
export function dirty(s: GridState, rows: readonly GridRow[]): GridRow[] {
  return rows.filter((r) => s.text[r.id] !== undefined && s.text[r.id] !== r.value);
}

function move(s: GridState, rows: readonly GridRow[], step: 1 | -1, want: (r: GridRow) => boolean): GridState {
  const at = rows.findIndex((r) => r.id === s.active);
  const from = at < 0 && step < 0 ? rows.length : at;
  for (let i = from + step; i >= 0 && i < rows.length; i += step) {
    const row = rows[i];
    if (row && want(row)) return { ...s, active: row.id };
  }
  return s;
}

function without(text: Record<string, string>, ids: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(text).filter(([id]) => !ids.includes(id)));
}
