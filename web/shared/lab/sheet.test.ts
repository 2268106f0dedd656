import { describe, expect, it } from 'vitest';
import { walk, type SheetCell } from './sheet';

const c = (id: string, empty = true, editable = true): SheetCell => ({ id, empty, editable });
// Three samples, three tests: the second sample has no B; C of the first is calculated; A of the third is filled.
const lines = [
  [c('1A'), c('1B'), c('1C', true, false)],
  [c('2A'), null, c('2C')],
  [c('3A', false), c('3B'), c('3C')],
];

describe('the grid over samples', () => {
  it('goes down a test, over the hole of a sample that does not have it', () => {
    expect(walk(lines, '1B', 'down', 'down')).toBe('3B');
    expect(walk(lines, '3B', 'up', 'down')).toBe('1B');
    expect(walk(lines, '3B', 'down', 'down')).toBe('3B');
  });
  it('goes across a sample and stays in it', () => {
    expect(walk(lines, '2A', 'right', 'down')).toBe('2C');
    expect(walk(lines, '2C', 'right', 'down')).toBe('2C');
    expect(walk(lines, '2C', 'left', 'down')).toBe('2A');
  });
  it('accepts downwards and goes on at the head of the next test', () => {
    expect(walk(lines, '1A', 'accept', 'down')).toBe('2A');
    expect(walk(lines, '3A', 'accept', 'down')).toBe('1B');
    expect(walk(lines, '3B', 'accept', 'down')).toBe('2C');
  });
  it('accepts across and goes on with the next sample', () => {
    expect(walk(lines, '1B', 'accept', 'across')).toBe('2A');
    expect(walk(lines, '3C', 'accept', 'across')).toBe('3C');
  });
  it('jumps to the next empty cell in reading order, over filled and calculated ones', () => {
    expect(walk(lines, '1B', 'nextEmpty', 'down')).toBe('2A');
    expect(walk(lines, '2C', 'nextEmpty', 'down')).toBe('3B');
    expect(walk(lines, '3B', 'prevEmpty', 'down')).toBe('2C');
  });
  it('begins at the first cell that takes a value', () => {
    expect(walk(lines, null, 'down', 'down')).toBe('1A');
    expect(walk([[c('x', true, false)], [c('y')]], 'gone', 'accept', 'down')).toBe('y');
    expect(walk([], null, 'down', 'down')).toBeNull();
  });
});
