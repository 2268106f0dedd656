import { describe, expect, it } from 'vitest';
import type { S } from '../../api';
import { hasPart, lookOf, zText } from './verdict';

const run = (status: S['ControlRun']['status'], ...rules: [string, string][]): S['ControlRun'] => ({
  id: 'r',
  at: '2026-11-21T02:44:00Z',
  status,
  violations: rules.map(([rule, side]) => ({ rule, side, scope: 'run' as const })),
  points: [],
});
const point = (z: string, excluded?: 'bubble'): S['ControlPoint'] => ({
  id: 'p',
  control_id: 'c',
  level: 1,
  replicate: 1,
  value: '1',
  unit: '',
  new_target: false,
  ...(z ? { z } : {}),
  ...(excluded ? { excluded } : {}),
});

describe('the look of a control point', () => {
  it('rejects only the points that have a part in the violation', () => {
    const r = run('reject', ['1-3s', '+'], ['1-2s', '+']);
    expect(lookOf(r, point('3.4'))).toBe('reject');
    expect(lookOf(r, point('2.4'))).toBe('warn');
    expect(lookOf(r, point('0.7'))).toBe('calm');
    expect(lookOf(r, point('-3.4'))).toBe('calm');
  });
  it('is strict, like the rules', () => {
    expect(hasPart(2, { rule: '1-2s', side: '+', scope: 'point' })).toBe(false);
    expect(hasPart(0, { rule: '10x', side: '+', scope: 'stream' })).toBe(false);
    expect(hasPart(-2.1, { rule: 'R-4s', side: '+-', scope: 'run' })).toBe(true);
  });
  it('knows what nobody could judge and what two people left out', () => {
    expect(lookOf(run('unjudged'), point(''))).toBe('unjudged');
    expect(lookOf(run('reject', ['1-3s', '+']), point('9', 'bubble'))).toBe('excluded');
  });
  it('writes z with its sign', () => {
    expect(zText('0.700000')).toBe('+0.7');
    expect(zText('-2.000000')).toBe('−2.0');
    expect(zText('0.000000')).toBe('0.0');
    expect(zText(undefined)).toBe('–');
  });
});
