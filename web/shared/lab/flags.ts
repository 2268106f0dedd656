/** What a flag looks like. A shape and letters always stand with the colour, so that the flag survives a black printer. */
export type FlagTone = 'high' | 'low' | 'critical' | 'abnormal' | 'none';

export interface FlagLook {
  tone: FlagTone;
  shape: 'up' | 'down' | 'upup' | 'downdown' | 'dot' | null;
  letters: string;
  label: string; // key of the spoken form
}

const looks: Record<string, FlagLook> = {
  H: { tone: 'high', shape: 'up', letters: 'H', label: 'flag.H' },
  L: { tone: 'low', shape: 'down', letters: 'L', label: 'flag.L' },
  HH: { tone: 'critical', shape: 'upup', letters: 'HH', label: 'flag.HH' },
  LL: { tone: 'critical', shape: 'downdown', letters: 'LL', label: 'flag.LL' },
  A: { tone: 'abnormal', shape: 'dot', letters: 'A', label: 'flag.A' },
  AA: { tone: 'critical', shape: 'dot', letters: 'AA', label: 'flag.AA' },
  '?': { tone: 'abnormal', shape: null, letters: '?', label: 'flag.unknown' },
};

/** flagLook finds the look of a flag; normal and unknown codes have none, never a guess. */
export function flagLook(code: string | null | undefined): FlagLook | null {
  return code ? (looks[code] ?? null) : null;
}

/** outOfRange tells whether a value is set in bold. */
export function outOfRange(code: string | null | undefined): boolean {
  return flagLook(code) !== null;
}

/** isCritical tells whether someone must be called. */
export function isCritical(code: string | null | undefined): boolean {
  return flagLook(code)?.tone === 'critical';
}
