import { describe, expect, it } from 'vitest';
import { curvePath } from './Plots';

describe('the path of a curve', () => {
  it('fills its box from the least to the greatest', () => {
    expect(curvePath([10, 20, 30], [0, 4, 2], 100, 40)).toBe('M0.0 40.0L50.0 0.0L100.0 20.0');
  });
  it('counts points where the analyzer sent no axis', () => {
    expect(curvePath(undefined, [1, 1], 10, 10)).toBe('M0.0 0.0L10.0 0.0');
    expect(curvePath([1, 2, 3], [1, 2], 10, 10)).toBe('M0.0 5.0L10.0 0.0');
  });
  it('draws nothing of nothing, and leaves out what is no number', () => {
    expect(curvePath(undefined, [], 10, 10)).toBe('');
    expect(curvePath(undefined, [5], 10, 10)).toBe('');
    expect(curvePath(undefined, [2, Number.NaN, 2], 10, 10)).toBe('M0.0 0.0L10.0 0.0');
  });
});
