/** A value as reported, cut at its decimal point so that columns align on it. Values stay text: nothing is computed. */
export interface Aligned {
  left: string;
  right: string;
  numeric: boolean;
}

/** align cuts "6.8" into "6" and ".8"; text results ("Positive") are not numeric and stand as they are. */
export function align(text: string): Aligned {
  const m = /^([<>≤≥]?\s?[-+−]?\d[\d,]*)(\.\d+)?$/.exec(text.trim());
  if (!m) return { left: text, right: '', numeric: false };
  return { left: m[1] ?? '', right: m[2] ?? '', numeric: true };
}

/** toNumber reads a decimal string for plots only; null when it is not one. */
export function toNumber(text: string | null | undefined): number | null {
  if (text === null || text === undefined) return null;
  const m = /^[<>≤≥]?\s*([-+]?\d+(?:\.\d+)?)$/.exec(text.replaceAll(',', '').trim());
  return m ? Number(m[1]) : null;
}

/** looksNumeric tells whether typed text can be a numeric result, with a comparator allowed. */
export function looksNumeric(text: string): boolean {
  return /^\s*[<>]?=?\s*[-+]?\d+(\.\d+)?\s*$/.test(text);
}
