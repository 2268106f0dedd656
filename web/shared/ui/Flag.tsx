import { useTranslation } from 'react-i18next';
import { flagLook, type FlagLook } from '../lab/flags';

const paths: Record<NonNullable<FlagLook['shape']>, string> = {
  up: 'M4 1 7.5 7h-7z',
  down: 'M4 7 .5 1h7z',
  upup: 'M4 1 7.5 7h-7zM13 1l3.5 6h-7z',
  downdown: 'M4 7 .5 1h7zM13 7 9.5 1h7z',
  dot: 'M4 1a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
};

/** Flag shows that a value lies outside its interval: shape, letters and colour together, and a word for screen readers. */
export function Flag({ code }: { code?: string | null | undefined }) {
  const { t } = useTranslation();
  const look = flagLook(code);
  if (!look) return null;
  const wide = look.shape === 'upup' || look.shape === 'downdown';
  return (
    <span className={`flag ${look.tone}`} title={t(look.label)}>
      {look.shape && (
        <svg width={wide ? 17 : 8} height={8} viewBox={`0 0 ${wide ? 17 : 8} 8`} aria-hidden="true">
          <path d={paths[look.shape]} fill="currentColor" />
        </svg>
      )}
      <span aria-hidden="true">{look.letters}</span>
      <span className="vh">{t(look.label)}</span>
    </span>
  );
}

/** Delta shows how far a value moved since the last one. */
export function Delta({ text }: { text?: string | null | undefined }) {
  const { t } = useTranslation();
  if (!text) return null;
  return (
    <span className="tone-delta strong small nowrap num" title={t('flag.delta')}>
      {`Δ ${text}`}
    </span>
  );
}
