import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { clock, day, ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading, useNarrow } from '@jaanch/shared/ui/Frame';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Empty, Fault, Notice } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { State } from '@jaanch/shared/ui/State';
import { IconChecks, IconExternalLink, IconMailOff, IconPrinter, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan } from '../../session';
import { HistoryLink } from '../history/HistoryLink';
import { AmendDialog } from './AmendDialog';
import { WithdrawDialog } from './WithdrawDialog';

const states = ['all', 'unprinted', 'amended', 'critical'] as const;

/** ReportsPage lists reports by what is still to do with them, and shows the paper beside the list. */
export function ReportsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('nav.reports'));
  const navigate = useNavigate();
  const search = useSearch({ from: '/reports' });
  const state = states.find((s) => s === search.state) ?? 'all';
  const list = useQuery({
    queryKey: ['reports', state],
    queryFn: () => must(api.GET('/api/v1/reports', { params: { query: { state, limit: 100 } } })),
  });
  const rows = list.data?.reports ?? [];
  const floating = useNarrow(1200); // the paper lies over the list, so it opens only when somebody asks
  const id = search.id ?? (floating ? undefined : rows[0]?.id);
  const open = (next: string | undefined): void => void navigate({ to: '/reports', search: { ...search, id: next } });
  const step = (by: number): void => {
    const at = rows.findIndex((r) => r.id === id);
    const next = rows[at + by];
    if (next) open(next.id);
  };
  useKeys([
    { keys: 'j', label: t('verify.keys.next'), run: () => step(1) },
    { keys: 'k', label: t('verify.keys.previous'), run: () => step(-1) },
  ]);
  return (
    <div className="screen reports" style={{ gridTemplateColumns: id ? undefined : 'minmax(0, 1fr)' }}>
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('col.state')}
            value={state}
            onChange={(s) => void navigate({ to: '/reports', search: { state: s } })}
            options={states.map((s) => ({ value: s, label: t(`reports.${s}`), count: list.data?.counts[s] }))}
          />
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('col.visit')}</th>
                <th scope="col">{t('col.patient')}</th>
                <th scope="col">{t('col.tests')}</th>
                <th scope="col">{t('col.state')}</th>
                <th scope="col">{t('reports.signed')}</th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                columns={5}
                isEmpty={(l) => l.reports.length === 0}
                empty={<Empty>{t('reports.empty')}</Empty>}
              >
                {(l) =>
                  l.reports.map((r) => {
                    const at = ms(r.signed_at) ?? 0;
                    return (
                      <tr
                        key={r.id}
                        className="go"
                        aria-selected={r.id === id}
                        onClick={() => open(r.id)}
                        data-testid="report-row"
                      >
                        <td className="strong num nowrap">{r.number}</td>
                        <td className="sec nowrap">{sexAge(r, t)}</td>
                        <td>
                          <span className="row">
                            {r.panels.join(', ')}
                            {!r.printed_at && (
                              <IconPrinter size={14} className="tone-delta" aria-label={t('reports.unprinted')} />
                            )}
                            <Told messages={r.messages} />
                          </span>
                        </td>
                        <td>
                          <State
                            state={r.state}
                            text={`${t(`report.${r.state}`)}${r.version > 1 ? ` v${r.version}` : ''}`}
                          />
                        </td>
                        <td className="sec nowrap" title={stamp(at, i18n.language)}>
                          {Date.now() - at < 86_400_000 ? clock(at) : day(at, i18n.language)}
                        </td>
                      </tr>
                    );
                  })
                }
              </Rows>
            </tbody>
          </table>
        </div>
        <footer className="foot">
          <KeyHint keys={['j', 'k']}>{t('reports.report')}</KeyHint>
          <KeyHint keys={['p']}>{t('reports.print')}</KeyHint>
          <span className="grow" />
          <span className="num">{t('reports.count', { count: list.data?.counts.all ?? 0 })}</span>
        </footer>
      </div>
      {id && <Preview key={id} id={id} onOpen={open} onClose={floating ? () => open(undefined) : undefined} />}
    </div>
  );
}

/** Preview shows the PDF itself, so that it equals the paper. */
function Preview({
  id,
  onOpen,
  onClose,
}: {
  id: string;
  onOpen: (id: string) => void;
  onClose: (() => void) | undefined;
}) {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const frame = useRef<HTMLIFrameElement>(null);
  const [doing, setDoing] = useState<'withdraw' | 'amend' | null>(null);
  const report = useQuery({
    queryKey: ['report', id],
    queryFn: () => must(api.GET('/api/v1/reports/{id}', { params: { path: { id } } })),
  });
  const printed = useMutation({
    mutationFn: () => must(api.POST('/api/v1/reports/{id}/printed', { params: { path: { id } } })),
    onSuccess: () =>
      void queries.invalidateQueries({
        predicate: (q) => ['reports', 'report', 'today'].includes(String(q.queryKey[0])),
      }),
  });
  const print = (): void => {
    frame.current?.contentWindow?.print();
    printed.mutate();
  };
  useKeys([
    { keys: 'p', label: t('reports.print'), run: print },
    { keys: 'mod+Enter', label: t('reports.print'), run: print },
  ]);
  const r = report.data;
  if (!r)
    return (
      <aside className="pane inspector">
        <div className="page">
          {report.error && <Fault error={report.error} onRetry={() => void report.refetch()} />}
        </div>
      </aside>
    );
  const pdf = `/api/v1/reports/${id}/pdf`;
  const gone = r.report.state === 'withdrawn' || r.report.state === 'superseded';
  const close = (): void => setDoing(null);
  return (
    <aside className="pane inspector" aria-label={t('reports.report')} data-testid="report">
      <div className="insp-head">
        <div className="row">
          <h2 className="cut">{r.patient_name}</h2>
          <span className="grow" />
          <State state={r.report.state} text={t(`report.${r.report.state}`)} />
          {onClose && (
            <Button
              look="plain"
              size="small"
              aria-label={t('act.close')}
              icon={<IconX size={16} aria-hidden />}
              onClick={onClose}
            />
          )}
        </div>
        <div className="small sec num">
          {[
            sexAge(r.report, t),
            r.mrn,
            t('reports.by', { name: r.report.signed_by, at: stamp(ms(r.report.signed_at) ?? 0, i18n.language) }),
          ].join(' · ')}
        </div>
        {r.versions.length > 1 && (
          <div className="small row wrap" style={{ marginTop: 4 }}>
            {r.versions.map((v) => (
              <a
                key={v.id}
                href={`/api/v1/reports/${v.id}/pdf`}
                target="_blank"
                rel="noreferrer"
              >{`v${v.version} ${t(`report.${v.state}`)}`}</a>
            ))}
          </div>
        )}
        {r.report.reason && <Notice tone="delta">{r.report.reason}</Notice>}
      </div>
      <iframe
        ref={frame}
        className="fill"
        style={{ width: '100%', border: 0, background: 'var(--surface-3)' }}
        src={`${pdf}#toolbar=0&navpanes=0&view=FitH`}
        title={t('reports.preview')}
        data-testid="report-pdf"
      />
      {printed.error && <Fault error={printed.error} />}
      <footer className="foot acts">
        <Button
          look="danger"
          disabled={!can('withdraw') || gone}
          why={can('withdraw') ? undefined : t('why.permission')}
          onClick={() => setDoing('withdraw')}
        >
          {t('reports.withdraw')}
        </Button>
        <Button
          disabled={!can('amend') || gone}
          why={can('amend') ? undefined : t('why.permission')}
          onClick={() => setDoing('amend')}
          data-testid="amend"
        >
          {t('amend.do')}
        </Button>
        <HistoryLink entity="report" id={r.report.id} />
        <span className="grow" />
        <a className="btn" href={pdf} target="_blank" rel="noreferrer">
          <IconExternalLink size={15} aria-hidden />
          {t('reports.open')}
        </a>
        <Button
          look="primary"
          keys="p"
          icon={<IconPrinter size={15} aria-hidden />}
          disabled={!can('reportPrinted')}
          busy={printed.isPending}
          onClick={print}
        >
          {t('reports.print')}
        </Button>
      </footer>
      {doing === 'withdraw' && <WithdrawDialog report={r} onClose={close} />}
      {doing === 'amend' && <AmendDialog report={r} onClose={close} onDone={onOpen} />}
    </aside>
  );
}

const far = ['not_sent', 'failed', 'cancelled', 'queued', 'sent', 'delivered', 'read'];

/** Told says how far the messages to the patient came: the one that came furthest counts. */
function Told({ messages }: { messages?: S['Told'][] | null | undefined }) {
  const { t } = useTranslation();
  const best = [...(messages ?? [])].sort((a, b) => far.indexOf(b.status) - far.indexOf(a.status))[0];
  if (!best) return null;
  const bad = best.status === 'failed' || best.status === 'not_sent';
  const words = t(`told.${best.status}`, { way: t(`told.way.${best.channel}`) });
  return (
    <span
      className={`row nowrap ${bad ? 'tone-critical' : 'tone-released'}`}
      data-testid="told"
      data-status={best.status}
    >
      {bad ? <IconMailOff size={14} aria-hidden /> : <IconChecks size={14} aria-hidden />}
      <span className="sec">
        {words}
        {bad && best.code && ` · ${t(`told.why.${best.code}`, { defaultValue: best.code })}`}
      </span>
    </span>
  );
}
