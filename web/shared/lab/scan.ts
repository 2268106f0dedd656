/**
 * Telling a scanner from a person. A wedge scanner types a whole number in a burst and ends with Enter or Tab; its Enter
 * must never submit the form that happens to have the focus.
 */
export interface ScanState {
  text: string;
  last: number; // ms of the last key
  slow: number; // keys that came slower than a scanner types
}

export const scanStart: ScanState = { text: '', last: 0, slow: 0 };

/** A scanner leaves at most this many ms between two keys; a fast typist needs about twice as long. */
export const SCAN_GAP_MS = 35;
const PAUSE_MS = 200;
const MIN_LENGTH = 6;

/** scanKey takes one printable key and its time. A pause begins anew. */
export function scanKey(s: ScanState, key: string, at: number): ScanState {
  const gap = at - s.last;
  if (s.text === '' || gap > PAUSE_MS) return { text: key, last: at, slow: 0 };
  return { text: s.text + key, last: at, slow: s.slow + (gap > SCAN_GAP_MS ? 1 : 0) };
}

/**
 * isTubeNumber tells whether a scan can be the number of a tube that is not ours: an analyzer's or another lab's barcode has
 * 5 to 40 letters, digits and simple signs, no blanks, and at least one digit.
 */
export function isTubeNumber(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9./_-]{4,39}$/.test(text) && /\d/.test(text);
}

/** scanEnd tells, at Enter or Tab, whether a scanner wrote the text: long enough, all in a burst. */
export function scanEnd(s: ScanState, at: number): string | null {
  const burst = s.text.length >= MIN_LENGTH && s.slow === 0 && at - s.last <= PAUSE_MS;
  return burst ? s.text : null;
}
