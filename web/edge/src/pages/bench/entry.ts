import { toNumber } from '@jaanch/shared/lab/decimal';
import type { S } from '../../api';

/** CellTone is the border of a cell while a value is typed, before the node has judged it. */
export type CellTone = 'none' | 'out' | 'critical' | 'bad';

/** toneOf compares what is typed with the limits of the row. Only the node's own judgement is ever saved. */
export function toneOf(text: string, row: Pick<S['Row'], 'kind' | 'interval' | 'decimals'>): CellTone {
  if (text.trim() === '') return 'none';
  if (row.kind !== 'numeric' && row.kind !== 'calculated') return 'none';
  const n = toNumber(text.trim());
  if (n === null) return 'bad';
  const i = row.interval;
  const below = (limit: string | undefined): boolean => {
    const l = toNumber(limit);
    return l !== null && n < l;
  };
  const above = (limit: string | undefined): boolean => {
    const l = toNumber(limit);
    return l !== null && n > l;
  };
  if (below(i.crit_low) || above(i.crit_high)) return 'critical';
  return below(i.low) || above(i.high) ? 'out' : 'none';
}

/** optionFor turns a single key into the choice it stands for, so that "n" writes "Negative". */
export function optionFor(text: string, row: Pick<S['Row'], 'kind' | 'options'>): string {
  if (row.kind !== 'option' || text.length !== 1) return text;
  const hit = row.options?.find((o) => o.key?.toLowerCase() === text.toLowerCase());
  return hit?.value ?? text;
}

/** editable tells whether a row takes a value by hand now. */
export function editable(row: Pick<S['Row'], 'editable' | 'state'>): boolean {
  return row.editable && row.state !== 'cancelled' && row.state !== 'rejected';
}
