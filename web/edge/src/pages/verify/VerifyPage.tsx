import './verify.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { ms, span } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { Priority } from '@jaanch/shared/ui/State';
import { IconChecks, IconHandStop } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan } from '../../session';
import { CasePane } from './CasePane';
import { StepUp, useStepUp } from './StepUp';

const shows = ['held', 'all', 'mine'] as const;

/** VerifyPage is the pathologist's screen: the queue, the case, the holds. Keyboard: J K, 1–9, A R S, Ctrl+Enter. */
export function VerifyPage() {
  const { t } = useTranslation();
  useHeading(t('nav.verify'), t('verify.medical'), true);
  const navigate = useNavigate();
  const search = useSearch({ from: '/verify' });
  const show = search.show ?? 'all';
  const queue = useQuery({
    queryKey: ['verify', show],
    queryFn: () => must(api.GET('/api/v1/verify', { params: { query: { show, limit: 100 } } })),
  });
  const entries = queue.data?.entries ?? [];
  const open = entries.find((e) => e.visit_id === search.visit) ?? (search.visit ? undefined : entries[0]);
  const visit = search.visit ?? open?.visit_id;
  const go = (id: string | undefined): void => void navigate({ to: '/verify', search: { ...search, visit: id } });
  const step = (by: number): void => {
    const at = entries.findIndex((e) => e.visit_id === visit);
    const next = entries[Math.max(0, Math.min(entries.length - 1, at + by))];
    if (next) go(next.visit_id);
  };
  useKeys([
    { keys: 'j', label: t('verify.keys.next'), run: () => step(1) },
    { keys: 'k', label: t('verify.keys.previous'), run: () => step(-1) },
  ]);
  return (
    <div className="screen three">
      <div className="pane side">
        <div className="tools" style={{ padding: '8px 12px', background: 'none' }}>
          <Segments
            fill
            label={t('verify.show')}
            value={show}
            onChange={(s) => void navigate({ to: '/verify', search: { show: s } })}
            options={shows.map((s) => ({ value: s, label: t(`verify.${s}`), count: queue.data?.[s] }))}
          />
        </div>
        <div className="fill scroll queue" data-testid="queue">
          {queue.error && !queue.data && <Fault error={queue.error} onRetry={() => void queue.refetch()} />}
          {entries.map((e) => (
            <QueueEntry key={e.visit_id} entry={e} current={e.visit_id === visit} onOpen={() => go(e.visit_id)} />
          ))}
          {queue.data && entries.length === 0 && <Empty>{t('verify.empty')}</Empty>}
        </div>
        <CleanBatch entries={entries.filter((e) => e.clean)} />
      </div>
      {visit ? (
        <CasePane
          key={visit}
          visit={visit}
          onSigned={() => {
            const at = entries.findIndex((e) => e.visit_id === visit);
            go(entries[at + 1]?.visit_id);
          }}
        />
      ) : (
        <div className="pane" style={{ gridColumn: 'span 2' }}>
          <Empty>{t('verify.none')}</Empty>
        </div>
      )}
    </div>
  );
}

function QueueEntry({ entry: e, current, onOpen }: { entry: S['QueueEntry']; current: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <button
      type="button"
      className="entry"
      aria-current={current}
      onClick={onOpen}
      data-testid="queue-entry"
      data-visit={e.visit_id}
    >
      <span className="row">
        <Priority value={e.priority} />
        <LabNo value={e.accession} />
        <span className="grow" />
        <span className="sec nowrap num">{span(now - (ms(e.since) ?? now), t)}</span>
      </span>
      <span className="row" style={{ marginTop: 2 }}>
        <span className="sec nowrap">{sexAge(e, t)}</span>
        <span className="med cut">{e.panels.join(', ')}</span>
      </span>
      <span className="row small" style={{ marginTop: 2, minHeight: 18 }}>
        {e.holds > 0 && (
          <span className="row tone-held strong" style={{ gap: 3 }}>
            <IconHandStop size={14} aria-hidden />
            {e.holds}
          </span>
        )}
        <span className="cut sec">{e.chips.join(' · ')}</span>
        {e.missing > 0 && <span className="dim nowrap">{t('verify.missing', { count: e.missing })}</span>}
      </span>
    </button>
  );
}

/** CleanBatch signs what passed every rule in one go, after one look at the number. */
function CleanBatch({ entries }: { entries: S['QueueEntry'][] }) {
  const { t } = useTranslation();
  const can = useCan();
  const step = useStepUp();
  const [key, setKey] = useState(newKey);
  const sign = useMutation({
    mutationFn: async () => {
      const cases = await Promise.all(
        entries.map((e) => must(api.GET('/api/v1/verify/{id}', { params: { path: { id: e.visit_id } } }))),
      );
      return must(
        api.POST('/api/v1/verify/sign-batch', {
          params: { header: { 'Idempotency-Key': key } },
          body: { visits: cases.map((c) => ({ visit_id: c.visit_id, versions: c.versions })) },
        }),
      );
    },
    onError: (err) => step.onError(err, () => sign.mutate()),
    onSettled: () => {
      setKey(newKey());
      void queries.invalidateQueries({
        predicate: (q) => ['verify', 'case', 'today', 'reports'].includes(String(q.queryKey[0])),
      });
    },
  });
  const problems = sign.data?.problems.length ?? 0;
  const off = entries.length === 0 || !can('sign');
  useKeys([{ keys: 'b', label: t('verify.batch'), run: () => !off && sign.mutate() }]);
  return (
    <footer className="foot acts" style={{ flexWrap: 'wrap' }}>
      <IconChecks size={17} stroke={1.75} className="tone-released" aria-hidden />
      <span className="grow">
        {problems > 0 ? t('verify.batchProblems', { count: problems }) : t('verify.clean', { count: entries.length })}
      </span>
      <Button
        size="small"
        keys="b"
        disabled={off}
        why={can('sign') ? undefined : t('why.permission')}
        busy={sign.isPending}
        onClick={() => sign.mutate()}
      >
        {t('verify.signAll')}
      </Button>
      <StepUp step={step} />
    </footer>
  );
}
