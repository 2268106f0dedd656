import type { LiveState } from '@jaanch/shared/api/live';
import { Notice } from '@jaanch/shared/ui/Notice';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

const GRACE_MS = 4000;

/** Lost says that the lab's PC does not answer, once that has lasted; a blink of the Wi-Fi is nobody's business. */
export function Lost({ live }: { live: LiveState }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (live === 'open') return undefined;
    const timer = setTimeout(() => setShown(true), GRACE_MS);
    return () => {
      clearTimeout(timer);
      setShown(false);
    };
  }, [live]);
  if (!shown || live === 'open') return null;
  return (
    <div className="lost" role="status">
      <Notice tone="delta" title={t('lost.title')}>
        {t('lost.text')}
      </Notice>
    </div>
  );
}
