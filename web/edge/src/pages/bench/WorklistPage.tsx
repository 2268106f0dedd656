import './bench.css';
import { useSearch } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKept } from '@jaanch/shared/hooks/kept';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';
import { Worklist } from './Worklist';
import { useChoose } from './filter';

/** WorklistPage shows the sections with their counts until one is chosen; then the samples with their rows. */
export function WorklistPage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('nav.worklist'));
  const search = useSearch({ from: '/bench' });
  const [kept] = useKept<string>('bench.section', '');
  const section = search.section ?? kept;
  if (!section && !search.sample) return <Sections />;
  return <Worklist key={`${section}|${search.sample ?? ''}`} section={search.sample ? '' : section} />;
}

/** Sections is what the bench shows first: nothing is loaded until somebody says where they work. */
function Sections() {
  const { t } = useTranslation();
  const choose = useChoose();
  const q = useQuery({ queryKey: ['sections'], queryFn: () => must(api.GET('/api/v1/worklist/sections')) });
  if (q.error && !q.data)
    return (
      <div className="page">
        <Fault error={q.error} onRetry={() => void q.refetch()} />
      </div>
    );
  return (
    <div className="scrolls">
      <p className="sec" style={{ padding: '16px 16px 0' }}>
        {t('bench.choose')}
      </p>
      <div className="sections">
        {q.data?.sections.map((s) => (
          <button key={s.department} type="button" onClick={() => choose(s.department)} data-testid="section">
            <div className="strong">{t(`section.${s.department}`, { defaultValue: s.department })}</div>
            <div className="bigvalue">{s.counts.open}</div>
            <div className="sec small">
              {t('bench.sectionCounts', { enter: s.counts.to_enter, held: s.counts.held })}
            </div>
          </button>
        ))}
      </div>
    </div>
  );
}
