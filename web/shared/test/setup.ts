import { cleanup } from '@testing-library/react';
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll } from 'vitest';
import edge from '../../edge/src/i18n/en.json';
import hub from '../../hub/src/i18n/en.json';
import { merge } from '../i18n/merge';
import shared from '../i18n/en.json';

/** Tests read the screens as a person does: in English, with the real words. */
beforeAll(async () => {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: false,
    resources: { en: { translation: merge(merge(shared, edge), hub) } },
    interpolation: { escapeValue: false },
  });
});

afterEach(() => cleanup());
