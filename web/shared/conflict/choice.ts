import type { Contended, Dispute, Judgement } from './types';

/** Chosen is what a person has picked so far: the number of a side, or a typed value, for each field. */
export type Chosen = Record<string, { side: number; value: string }>;

/** WHOLE is the key under which the side of a dispute that is taken as a whole stands. */
export const WHOLE = '*';

/** signedSide is the one side that somebody vouched for; -1 without one. Then it is the only one that may be taken. */
export function signedSide(d: Dispute): number {
  return d.sides.findIndex((s) => s.signed);
}

/** allowed tells whether a side may be taken at all. */
export function allowed(d: Dispute, side: number): boolean {
  if (d.keep_only) return side === 0;
  const signed = signedSide(d);
  if (signed >= 0) return side === signed;
  return !(d.sides[side]?.deleted ?? true);
}

/** undecided lists the fields that still need an answer. */
export function undecided(d: Dispute, chosen: Chosen): string[] {
  if (d.whole || d.keep_only) return chosen[WHOLE] ? [] : [WHOLE];
  return d.rows.filter((r) => r.disputed && !chosen[r.field]).map((r) => r.field);
}

/** outcome is the text that will stand in a field; null while nobody has decided it. */
export function outcome(d: Dispute, row: Contended, chosen: Chosen): string | null {
  const pick = chosen[d.whole || d.keep_only ? WHOLE : row.field];
  if (!pick) {
    if (row.disputed || d.whole || d.keep_only) return row.disputed ? null : (row.cells[0]?.text ?? '');
    return row.cells[0]?.text ?? '';
  }
  if (pick.side < 0) return pick.value;
  const cell = row.cells[pick.side];
  return cell?.touched || pick.side === 0 ? (cell?.text ?? '') : (row.cells[0]?.text ?? '');
}

/** judgement writes the choice in the form in which it is sent. */
export function judgement(d: Dispute, chosen: Chosen, reason: string): Judgement {
  const rest = { reason: reason.trim(), version: d.version };
  const whole = chosen[WHOLE];
  if (whole) return { side: whole.side, ...rest };
  return {
    side: -1,
    choices: Object.entries(chosen).map(([field, c]) => ({
      field,
      side: c.side,
      ...(c.side < 0 ? { value: c.value } : {}),
    })),
    ...rest,
  };
}
