import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import type { useFilter } from './filter';
import { useChoices } from './WorklistTools';

/** Choices is what the grid shows first: the panels and tests that wait, with their counts. One is entered at a time. */
export function Choices({
  narrow,
  onPick,
}: {
  narrow: ReturnType<typeof useFilter>['narrow'];
  onPick: (code: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const q = useChoices(narrow);
  if (q.error && !q.data)
    return (
      <div className="page fill">
        <Fault error={q.error} onRetry={() => void q.refetch()} />
      </div>
    );
  const list = (title: string, choices: S['Choice'][]) =>
    choices.length > 0 && (
      <section>
        <h2 className="sect" style={{ padding: '12px 16px 0' }}>
          {title}
        </h2>
        <div className="sections narrow">
          {choices.map((c) => (
            <button key={c.code} type="button" onClick={() => onPick(c.code)} data-testid={`pick-${c.code}`}>
              <div className="row between">
                <span className="strong">{c.code}</span>
                <span className="num strong">{c.to_enter}</span>
              </div>
              <div className="row between small sec">
                <span className="cut">{i18n.language === 'hi' && c.name_local ? c.name_local : c.name}</span>
                <span className="num nowrap">{t('bench.ofRows', { count: c.rows })}</span>
              </div>
            </button>
          ))}
        </div>
      </section>
    );
  return (
    <div className="fill scroll">
      <p className="sec" style={{ padding: '16px 16px 0' }}>
        {t('bench.pickHint')}
      </p>
      {q.data && q.data.panels.length + q.data.tests.length === 0 && <Empty>{t('bench.empty')}</Empty>}
      {q.data && list(t('bench.panels'), q.data.panels)}
      {q.data && list(t('bench.tests'), q.data.tests)}
    </div>
  );
}
