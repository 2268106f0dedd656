import './collection.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { useScan } from '@jaanch/shared/hooks/scan';
import { ms, span } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Priority } from '@jaanch/shared/ui/State';
import { Tube } from '@jaanch/shared/ui/Tube';
import { IconBan, IconCheck, IconNote, IconPrinter, IconScan } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { RejectDialog } from './RejectDialog';

type Entry = S['CollectionEntry'];

/** CollectionPage is the collection room on a tablet or phone: who waits, one person open, tubes in order of draw. */
export function CollectionPage() {
  const { t } = useTranslation();
  useHeading(t('nav.collection'));
  const navigate = useNavigate({ from: '/collection' });
  const { visit } = useSearch({ from: '/collection' });
  const now = useNow();
  const queue = useQuery({ queryKey: ['collection'], queryFn: () => must(api.GET('/api/v1/collection')) });
  const waiting = queue.data?.waiting ?? [];
  const open = waiting.find((w) => w.visit_id === visit) ?? waiting[0];
  useScan((text) => {
    const entry = waiting.find((w) => w.samples.some((s) => s.accession === text || s.barcode === text));
    if (!entry) return;
    void navigate({ search: { visit: entry.visit_id } });
  });
  if (queue.error && !queue.data) {
    return (
      <div className="page">
        <Fault error={queue.error} onRetry={() => void queue.refetch()} />
      </div>
    );
  }
  return (
    <div className="scrolls">
      <div className="collect">
        {open ? (
          <OpenPatient key={open.visit_id} entry={open} now={now} onDone={() => void navigate({ search: {} })} />
        ) : (
          <div className="panel">
            <Empty>{queue.isPending ? t('act.loading') : t('collect.nobody')}</Empty>
          </div>
        )}
        <section className="panel" aria-label={t('collect.waiting')}>
          <header>
            <h2>{t('collect.waiting')}</h2>
            <span className="sec num">{waiting.length}</span>
            <span className="grow" />
            <span className="sec small">{t('collect.order')}</span>
          </header>
          {waiting.map((w) => (
            <button
              key={w.visit_id}
              type="button"
              className="wait"
              aria-current={w.visit_id === open?.visit_id}
              data-testid="waiting"
              onClick={() => void navigate({ search: { visit: w.visit_id } })}
            >
              <span className="grow">
                <span className="row">
                  <span className="med cut">{w.name}</span>
                  <Priority value={w.priority} />
                </span>
                <span className="sec small">{`${sexAge(w, t)} · ${t('reception.tubes', { count: w.samples.length })}`}</span>
              </span>
              <span className="sec small nowrap num">{span(now - (ms(w.since) ?? now), t)}</span>
            </button>
          ))}
        </section>
      </div>
    </div>
  );
}

/** OpenPatient is the person in the chair. The big button turns to "Collected" when every tube is scanned. */
function OpenPatient({ entry, now, onDone }: { entry: Entry; now: number; onDone: () => void }) {
  const { t } = useTranslation();
  const [scanned, setScanned] = useState<string[]>([]);
  const [reject, setReject] = useState<S['Sample'] | null>(null);
  const mark = (accession: string): void => setScanned((s) => (s.includes(accession) ? s : [...s, accession]));
  const [own, setOwn] = useState<Record<string, string>>({});
  const moveOf = (s: S['Sample']): S['SampleMove'] => ({
    versions: s.versions,
    ...(own[s.id] === undefined ? {} : { barcode: own[s.id]?.trim() ?? '' }),
  });
  const toDo = [...entry.samples].sort((a, b) => a.draw_order - b.draw_order);
  const open = toDo.filter((s) => s.state === 'expected');
  const left = open.filter((s) => !scanned.includes(s.accession));
  useScan((text) => {
    if (toDo.some((s) => s.accession === text)) mark(text);
  });
  const collect = useMutation({
    mutationFn: async () => {
      for (const s of open) {
        await must(api.POST('/api/v1/samples/{id}/collect', { params: { path: { id: s.id } }, body: moveOf(s) }));
      }
    },
    onSettled: () =>
      void queries.invalidateQueries({
        predicate: (q) => ['collection', 'today', 'worklist', 'sections'].includes(String(q.queryKey[0])),
      }),
    onSuccess: onDone,
  });
  const print = useMutation({
    mutationFn: async () => {
      for (const s of toDo) {
        await must(
          api.POST('/api/v1/samples/{id}/labels', {
            params: { path: { id: s.id }, header: { 'Idempotency-Key': newKey() } },
            body: { copies: 1 },
          }),
        );
      }
    },
  });
  const ready = left.length === 0 && open.length > 0;
  useKeys([{ keys: 'mod+Enter', label: t('collect.done'), run: () => ready && collect.mutate() }]);
  return (
    <section className="panel open" aria-label={entry.name} data-testid="open-patient">
      <div className="who">
        <div className="row between">
          <span className="name">{entry.name}</span>
          <span className="sec small nowrap">
            {t('collect.waits', { span: span(now - (ms(entry.since) ?? now), t) })}
          </span>
        </div>
        <div className="num">{[sexAge(entry, t), entry.mrn, entry.phone].filter(Boolean).join(' · ')}</div>
        {entry.note && (
          <div className="row small" style={{ marginTop: 4 }}>
            <IconNote size={15} stroke={1.75} aria-hidden />
            {entry.note}
          </div>
        )}
      </div>
      {toDo.map((s) => {
        const done = s.state !== 'expected' || scanned.includes(s.accession);
        return (
          <div
            key={s.id}
            className={!done && s === left[0] ? 'tuberow next' : 'tuberow'}
            data-testid="collect-tube"
            data-accession={s.accession}
          >
            <Tube colour={s.colour} touch />
            <div className="grow">
              <div className="strong">{s.text}</div>
              <div className="small row">
                <LabNo value={s.accession} />
                <span className="sec cut">{s.tests.join(', ')}</span>
              </div>
              {s.state === 'expected' && (
                <Text
                  label={t('collect.own')}
                  value={own[s.id] ?? s.barcode ?? ''}
                  onChange={(text) => setOwn((o) => ({ ...o, [s.id]: text }))}
                  maxLength={40}
                  data-testid="own-barcode"
                />
              )}
              {s.state !== 'expected' && s.barcode && <div className="sec small num">{s.barcode}</div>}
            </div>
            {done ? (
              <span className="chip released">
                <IconCheck size={14} aria-hidden />
                {s.state === 'expected' ? t('collect.scanned') : t(`state.${s.state}`)}
              </span>
            ) : (
              <Button
                size="touch"
                icon={<IconScan size={17} stroke={1.75} aria-hidden />}
                onClick={() => mark(s.accession)}
              >
                {t('collect.scanTube')}
              </Button>
            )}
          </div>
        );
      })}
      {(collect.error ?? print.error) !== null && (
        <div style={{ padding: 12 }}>
          <Fault error={collect.error ?? print.error} />
        </div>
      )}
      <div className="acts">
        <Button
          size="touch"
          icon={<IconPrinter size={17} stroke={1.75} aria-hidden />}
          busy={print.isPending}
          onClick={() => print.mutate()}
        >
          {t('collect.label')}
        </Button>
        <Button size="touch" onClick={() => open.forEach((s) => mark(s.accession))}>
          {t('collect.all')}
        </Button>
        <Button
          size="touch"
          look="danger"
          icon={<IconBan size={17} stroke={1.75} aria-hidden />}
          onClick={() => setReject(toDo[0] ?? null)}
        >
          {t('collect.reject')}
        </Button>
        <Button
          size="big"
          look={ready ? 'primary' : 'default'}
          disabled={!ready}
          busy={collect.isPending}
          onClick={() => collect.mutate()}
          data-testid="collected"
        >
          {ready ? t('collect.done') : t('collect.progress', { n: open.length - left.length, of: open.length })}
        </Button>
      </div>
      {reject && <RejectDialog samples={toDo} onClose={() => setReject(null)} />}
    </section>
  );
}
