/** A lab number cut for the eye: the counter is what people say aloud, the rest is context. */
export interface LabNoParts {
  prefix: string;
  counter: string;
  check: string;
}

const shape = /^(\d{5}[0-9A-Z]{2})(\d{4})([0-9A-Z])$/;

/** splitLabNo cuts a 12-character accession number; null when the text has another shape (an old or foreign number). */
export function splitLabNo(text: string): LabNoParts | null {
  const m = shape.exec(text);
  if (!m) return null;
  return { prefix: m[1] ?? '', counter: m[2] ?? '', check: m[3] ?? '' };
}

/** isLabNo tells whether typed or scanned text has the shape of an accession number, in either case of letters. */
export function isLabNo(text: string): boolean {
  return shape.test(text.trim().toUpperCase());
}
