import { describe, expect, it } from 'vitest';
import { allowed, judgement, outcome, undecided, WHOLE } from './choice';
import type { Dispute } from './types';

const side = (signed = false) => ({
  by: 'Meena',
  place: 'Desk K7',
  at: '2026-11-21T05:00:00Z',
  deleted: false,
  signed,
});
const row = (field: string, was: string, a: string, b: string, touched = true) => ({
  field,
  was,
  cells: [
    { text: a, touched: a !== was },
    { text: b, touched },
  ],
  disputed: touched && a !== b,
  typed: true,
});
const dispute = (o: Partial<Dispute> = {}): Dispute => ({
  id: 'c',
  entity: 'patient',
  record: 'r',
  title: 'Asha Sharma',
  subtitle: '',
  lab: '',
  group: 'identity',
  kind: 'value',
  state: 'open',
  winner: 'open',
  strategy: 'ManualResolution',
  at: '2026-11-21T05:00:00Z',
  whole: false,
  keep_only: false,
  sides: [side(), side()],
  rows: [row('name', 'Asha', 'Asha S', 'Aasha'), row('birth', '1990-01-01', '1991-01-01', '', false)],
  blocked: [],
  events: [],
  version: '7',
  ...o,
});

describe('a choice', () => {
  it('asks for every field in dispute, and for no other', () => {
    expect(undecided(dispute(), {})).toEqual(['name']);
    expect(undecided(dispute(), { name: { side: 1, value: '' } })).toEqual([]);
    expect(undecided(dispute({ whole: true }), {})).toEqual([WHOLE]);
  });
  it('shows what will stand', () => {
    const d = dispute();
    const [name, birth] = d.rows;
    if (!name || !birth) throw new Error('rows');
    expect(outcome(d, name, {})).toBeNull();
    expect(outcome(d, name, { name: { side: 1, value: '' } })).toBe('Aasha');
    expect(outcome(d, name, { name: { side: -1, value: 'Asha Rao' } })).toBe('Asha Rao');
    expect(outcome(d, birth, {})).toBe('1991-01-01');
    expect(outcome({ ...d, whole: true }, birth, { [WHOLE]: { side: 1, value: '' } })).toBe('1991-01-01');
  });
  it('sends a typed value with its field, and one side as a whole', () => {
    const typed = judgement(dispute(), { name: { side: -1, value: 'Asha Rao' } }, ' card seen ');
    expect(typed).toEqual({
      side: -1,
      choices: [{ field: 'name', side: -1, value: 'Asha Rao' }],
      reason: 'card seen',
      version: '7',
    });
    expect(judgement(dispute(), { [WHOLE]: { side: 0, value: '' } }, '')).toMatchObject({ side: 0 });
  });
  it('lets nothing but a signed value be taken', () => {
    expect(allowed(dispute(), 1)).toBe(true);
    expect(allowed(dispute({ sides: [side(), side(true)] }), 0)).toBe(false);
    expect(allowed(dispute({ sides: [side(), side(true)] }), 1)).toBe(true);
    expect(allowed(dispute({ keep_only: true }), 1)).toBe(false);
  });
});
