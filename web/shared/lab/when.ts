import type { TFunction } from 'i18next';

/** Time in words. All functions take "now", so that one clock drives a screen and tests are exact. Times are epoch ms. */

const MIN = 60_000;
const HOUR = 60 * MIN;
const DAY = 24 * HOUR;

/** span writes a length of time the short way: "12 min", "1 h 04", "3 d". */
export function span(ms: number, t: TFunction): string {
  const abs = Math.abs(ms);
  if (abs < MIN) return t('when.seconds', { n: Math.max(0, Math.round(abs / 1000)) });
  if (abs < HOUR) return t('when.minutes', { n: Math.floor(abs / MIN) });
  if (abs < DAY) {
    const h = Math.floor(abs / HOUR);
    const m = Math.floor((abs % HOUR) / MIN);
    return m === 0 ? t('when.hours', { n: h }) : t('when.hoursMinutes', { h, m: String(m).padStart(2, '0') });
  }
  return t('when.days', { n: Math.floor(abs / DAY) });
}

/** ago says how long since: "12 min ago"; under ten seconds "just now". A clock that runs ahead also reads "just now". */
export function ago(at: number, now: number, t: TFunction): string {
  const d = now - at;
  return d < 10_000 ? t('when.now') : t('when.ago', { span: span(d, t) });
}

export type DueTone = 'late' | 'soon' | 'calm';

/** due says how a promise stands: "22 min late", "in 14 min". Soon is within half an hour. */
export function due(at: number, now: number, t: TFunction): { text: string; tone: DueTone } {
  const left = at - now;
  if (left < 0) return { text: t('when.late', { span: span(left, t) }), tone: 'late' };
  return { text: t('when.in', { span: span(left, t) }), tone: left <= 30 * MIN ? 'soon' : 'calm' };
}

/** clock writes hours and minutes of the lab's day: "10:42". Western digits in every language. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/** day writes a date: "21 Nov 2026", in the language of the screen with Western digits. */
export function day(at: number, lang: string): string {
  return new Date(at).toLocaleDateString(`${tag(lang)}-u-nu-latn`, { day: 'numeric', month: 'short', year: 'numeric' });
}

/** longDay writes a date with its weekday: "Saturday 21 Nov 2026". */
export function longDay(at: number, lang: string): string {
  const weekday = new Date(at).toLocaleDateString(tag(lang), { weekday: 'long' });
  return `${weekday} ${day(at, lang)}`;
}

/** stamp is the exact time for the hover: "21 Nov 2026, 10:42:07". */
export function stamp(at: number, lang: string): string {
  return `${day(at, lang)}, ${new Date(at).toLocaleTimeString('en-GB')}`;
}

/** ms reads an RFC 3339 time; NaN never leaves this function. */
export function ms(text: string | null | undefined): number | null {
  if (!text) return null;
  const n = Date.parse(text);
  return Number.isNaN(n) || n < 0 ? null : n;
}

function tag(lang: string): string {
  return lang === 'hi' ? 'hi-IN' : 'en-IN';
}
