import type { TFunction } from 'i18next';

/** age writes an age as labs do: days under a month, months under two years, else years. Dates are YYYY-MM-DD. */
export function age(born: string, on: Date, t: TFunction): string {
  const [y, m, d] = born.split('-').map(Number);
  if (!y || !m || !d) return '';
  const days = Math.floor(
    (Date.UTC(on.getFullYear(), on.getMonth(), on.getDate()) - Date.UTC(y, m - 1, d)) / 86_400_000,
  );
  if (days < 0) return '';
  if (days < 31) return t('age.days', { n: days });
  let months = (on.getFullYear() - y) * 12 + (on.getMonth() + 1 - m);
  if (on.getDate() < d) months -= 1;
  return months < 24 ? t('age.months', { n: months }) : t('age.years', { n: Math.floor(months / 12) });
}

/** bornFromAge turns an age told at the desk into a birth date that says so: the first of July of that year. */
export function bornFromAge(years: number, today: Date): string {
  return `${String(today.getFullYear() - years).padStart(4, '0')}-07-01`;
}

/** ageText puts an age as the server writes it ("52 y", "7 m", "9 d") into the language of the screen. */
export function ageText(text: string | undefined, t: TFunction): string {
  const m = /^(\d+)\s*([ymd])$/.exec(text ?? '');
  if (!m) return text ?? '';
  const unit = { y: 'age.years', m: 'age.months', d: 'age.days' }[m[2] as 'y' | 'm' | 'd'];
  return t(unit, { n: Number(m[1]) });
}
