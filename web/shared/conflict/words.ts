import type { TFunction } from 'i18next';
import { clock, day, ms, stamp } from '../lab/when';

/** person names who made a change; the hub and the unknown get words of the reader's language. */
export function person(by: string, t: TFunction): string {
  if (by === '' || by === 'system') return t('conflict.someone');
  return by === '@hub' ? t('conflict.hubPerson') : by;
}

/** place says where a change was made. */
export function place(where: string, t: TFunction): string {
  if (where === '@here') return t('conflict.here');
  return where === '@hub' ? t('conflict.atHub') : where;
}

/** fieldName is what people call a field. */
export function fieldName(field: string, t: TFunction): string {
  return t(`conflict.field.${field}`, { defaultValue: field.replaceAll('_', ' ') });
}

/** shown writes a value for people: times in words, yes and no, a code as its word. */
export function shown(field: string, text: string, lang: string, t: TFunction): string {
  if (text === '') return t('conflict.empty');
  if (field.endsWith('_ms')) {
    const at = Number(text);
    return Number.isFinite(at) && at > 0 ? stamp(ms(new Date(at).toISOString()) ?? at, lang) : t('conflict.empty');
  }
  if (field === 'birth' || field.endsWith('_on')) {
    const at = ms(text);
    return at === null ? text : day(at, lang);
  }
  if (field === 'sex') return t(`conflict.sex.${text}`, { defaultValue: text });
  if (/^(active|vip|critical|cancelled|unidentified|letterhead|own_verify|auto_receive|is_default)$/.test(field))
    return text === '0' ? t('conflict.no') : t('conflict.yes');
  return text;
}

/** when says a time without its seconds: the head of a column has little room. */
export function when(at: string, lang: string): string {
  const t = ms(at);
  return t === null ? '' : `${day(t, lang)}, ${clock(t)}`;
}
