import { useTranslation } from 'react-i18next';

/** Legend says what the shapes on a chart mean: never a colour alone. */
export function Legend() {
  const { t } = useTranslation();
  return (
    <div className="legend">
      <span>
        <svg width="10" height="10" aria-hidden="true">
          <circle cx="5" cy="5" r="3" fill="var(--text-2)" />
        </svg>
        {t('quality.look.calm')}
      </span>
      <span>
        <svg width="12" height="10" aria-hidden="true">
          <path d="M6 0l6 10H0z" fill="var(--delta)" />
        </svg>
        {t('quality.look.warn')}
      </span>
      <span>
        <svg width="10" height="10" aria-hidden="true">
          <rect x="1" y="1" width="8" height="8" fill="var(--high)" />
        </svg>
        {t('quality.look.reject')}
      </span>
      <span>
        <svg width="10" height="10" aria-hidden="true">
          <circle cx="5" cy="5" r="3.4" fill="none" stroke="var(--text-2)" strokeWidth="1.3" />
        </svg>
        {t('quality.look.excluded')}
      </span>
    </div>
  );
}
