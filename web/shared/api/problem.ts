import type { TFunction } from 'i18next';

/** What the server says when it says no: RFC 9457 with our stable code, which is also the key of the sentence shown. */
export interface Problem {
  status: number;
  code: string;
  title?: string;
  detail?: string;
  fields?: Record<string, string>;
  data?: Record<string, unknown>; // what a screen needs to act, such as both values of a stale record
  hint?: string;
  retryAfter?: number;
}

/** ProblemError carries a problem through promises, so that every screen handles one kind of failure. */
export class ProblemError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.code);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

/** OUT_OF_REACH is the code for "no answer at all": cable, Wi-Fi, or the lab's PC is off. */
export const OUT_OF_REACH = 'out_of_reach';

/** readProblem makes a Problem of whatever came as an error body, also when it is not ours. */
export function readProblem(status: number, body: unknown): Problem {
  const b = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const problem: Problem = { status, code: typeof b.code === 'string' ? b.code : `http_${status}` };
  if (typeof b.title === 'string') problem.title = b.title;
  if (typeof b.detail === 'string') problem.detail = b.detail;
  if (typeof b.hint === 'string') problem.hint = b.hint;
  const fields = readFields(b.fields ?? b.errors);
  if (fields) problem.fields = fields;
  if (typeof b.data === 'object' && b.data !== null) problem.data = b.data as Record<string, unknown>;
  return problem;
}

function readFields(raw: unknown): Record<string, string> | undefined {
  if (Array.isArray(raw)) {
    const pairs = raw.flatMap((e: unknown) => {
      const r = e as { location?: unknown; name?: unknown; field?: unknown; message?: unknown; code?: unknown };
      const name = r.location ?? r.name ?? r.field;
      const text = r.message ?? r.code;
      return typeof name === 'string' && typeof text === 'string' ? [[name.replace(/^body\./, ''), text] as const] : [];
    });
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  }
  if (typeof raw === 'object' && raw !== null) {
    const pairs = Object.entries(raw).filter((p): p is [string, string] => typeof p[1] === 'string');
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  }
  return undefined;
}

/** problemOf finds the problem in anything thrown. */
export function problemOf(err: unknown): Problem {
  if (err instanceof ProblemError) return err.problem;
  return { status: 0, code: OUT_OF_REACH };
}

/** words are what a sentence may name of a problem's details: its plain texts and numbers. */
function words(data: Record<string, unknown> | undefined): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(data ?? {}).filter((p): p is [string, string | number] =>
      ['string', 'number'].includes(typeof p[1]),
    ),
  );
}

/** sentence is what a person reads: the translation of the code, else the server's own safe text, else a general one. */
export function sentence(p: Problem, t: TFunction): string {
  const known = t(`problem.${p.code}`, { ...words(p.data), defaultValue: '' });
  if (known) return known;
  return p.detail ?? p.title ?? t('problem.unknown', { code: p.code });
}
