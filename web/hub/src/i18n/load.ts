import { merge } from '@jaanch/shared/i18n/merge';
import type { Loader } from '@jaanch/shared/i18n/start';

/** load brings the words of one language: those of both apps and those of this one. */
export const load: Loader = async (lang) => {
  const [shared, own] =
    lang === 'hi'
      ? await Promise.all([import('@jaanch/shared/i18n/hi.json'), import('./hi.json')])
      : await Promise.all([import('@jaanch/shared/i18n/en.json'), import('./en.json')]);
  return merge(shared.default, own.default);
};
