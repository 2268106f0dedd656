import { describe, expect, it } from 'vitest';
import { dirty, grid, gridStart, shown, type GridRow, type GridState } from './grid';

const row = (id: string, value = '', editable = true): GridRow => ({ id, value, editable });
const rows = [row('na', '131'), row('k'), row('egfr', '15', false), row('phos'), row('cl', '101')];
const at = (active: string | null, text: Record<string, string> = {}): GridState => ({ active, text });

describe('the results grid', () => {
  it('goes down with Enter and keeps what is typed', () => {
    const s = grid(grid(at('k'), { type: 'type', id: 'k', text: '6.8' }, rows), { type: 'accept' }, rows);
    expect(s).toEqual({ active: 'egfr', text: { k: '6.8' } });
  });
  it('jumps with Tab to the next empty cell, over calculated and filled ones', () => {
    expect(grid(at('k', { k: '6.8' }), { type: 'nextEmpty' }, rows).active).toBe('phos');
    expect(grid(at('phos'), { type: 'prevEmpty' }, rows).active).toBe('k');
  });
  it('stays where it is when no cell is empty', () =>
    expect(grid(at('cl', { k: '1', phos: '2' }), { type: 'nextEmpty' }, rows).active).toBe('cl'));
  it('begins at the first row when nothing is active', () =>
    expect(grid(gridStart, { type: 'down' }, rows).active).toBe('na'));
  it('ends at the last row', () => expect(grid(at('cl'), { type: 'down' }, rows).active).toBe('cl'));
  it('undoes only the row under the cursor', () =>
    expect(grid(at('k', { k: '6.8', phos: '5' }), { type: 'undo' }, rows).text).toEqual({ phos: '5' }));
  it('stays on its row when rows above it appear', () => {
    const more = [row('new'), ...rows];
    expect(grid(at('k'), { type: 'down' }, more).active).toBe('egfr');
  });
  it('never lets an old draft overwrite what was typed since', () =>
    expect(grid(at('k', { k: '6.8' }), { type: 'drafts', text: { k: '6', phos: '4' } }, rows).text).toEqual({
      k: '6.8',
      phos: '4',
    }));
  it('counts only what differs from what is saved', () => {
    const s = at('na', { na: '131', k: '6.8' });
    expect(dirty(s, rows).map((r) => r.id)).toEqual(['k']);
    expect(shown(s, rows[1] ?? row(''))).toBe('6.8');
  });
  it('forgets what was saved', () =>
    expect(grid(at('k', { k: '6.8' }), { type: 'saved', ids: ['k'] }, rows).text).toEqual({}));
});
