import i18next, { type i18n, type Resource } from 'i18next';
import type { Messages } from './merge';
import { initReactI18next } from 'react-i18next';

/** The languages of the screens. A language is added by one file per folder and one line here. */
export const languages = ['en', 'hi'] as const;
export type Language = (typeof languages)[number];

const KEPT = 'jaanch.language';

/** chosenLanguage is what this person chose on this PC, else the browser's, else English. */
export function chosenLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  const want = kept ?? navigator.language.slice(0, 2);
  return languages.find((l) => l === want) ?? 'en';
}

export type Loader = (lang: Language) => Promise<Messages>;

/** startI18n loads the chosen language only; the other is fetched from our own server when it is chosen. */
export async function startI18n(load: Loader, lang: Language = chosenLanguage()): Promise<i18n> {
  const resources: Resource = { [lang]: { translation: await load(lang) } };
  await i18next.use(initReactI18next).init({
    lng: lang,
    fallbackLng: false,
    resources,
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  mark(lang);
  return i18next;
}

/** useLanguage changes the screen's language and keeps the choice on this PC. */
export async function setLanguage(load: Loader, lang: Language): Promise<void> {
  if (!i18next.hasResourceBundle(lang, 'translation')) i18next.addResourceBundle(lang, 'translation', await load(lang));
  await i18next.changeLanguage(lang);
  localStorage.setItem(KEPT, lang);
  mark(lang);
}

function mark(lang: Language): void {
  document.documentElement.lang = lang;
}
