import { Link, useParams } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { inr, rupees } from '@jaanch/shared/lab/money';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { Priority, State } from '@jaanch/shared/ui/State';
import { Tube } from '@jaanch/shared/ui/Tube';
import { IconBan, IconCheck, IconFileText, IconPrinter } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan } from '../../session';
import { HistoryLink } from '../history/HistoryLink';
import { CancelDialog, whyNotCancel } from './CancelDialog';
import { left, paise, type Mode, type Part } from './draft';
import { PayLinks } from './PayLinks';
import { begin, SplitPay } from './SplitPay';

/** VisitPage is one visit with everything that belongs to it: person, tubes, tests, bill. */
export function VisitPage() {
  const { t, i18n } = useTranslation();
  const { id } = useParams({ from: '/reception/visits/$id' });
  const visit = useQuery({
    queryKey: ['visit', id],
    queryFn: () => must(api.GET('/api/v1/visits/{id}', { params: { path: { id } } })),
  });
  const v = visit.data;
  const can = useCan();
  const [cancelling, setCancelling] = useState(false);
  useHeading(t('nav.reception'), v?.number);
  const print = useMutation({
    mutationFn: (s: S['Sample']) =>
      must(
        api.POST('/api/v1/samples/{id}/labels', {
          params: { path: { id: s.id }, header: { 'Idempotency-Key': newKey() } },
          body: { copies: 1 },
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['visit', id] }),
  });
  if (!v)
    return (
      <div className="page">{visit.error && <Fault error={visit.error} onRetry={() => void visit.refetch()} />}</div>
    );
  return (
    <div className="scrolls">
      <div
        className="page"
        style={{
          display: 'grid',
          gap: 16,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(420px, 100%), 1fr))',
          alignItems: 'start',
        }}
      >
        <section className="panel">
          <header>
            <h2>{v.patient.name}</h2>
            <span className="sec">{sexAge(v, t)}</span>
            <span className="grow" />
            <Priority value={v.priority} />
            <State state={v.state} />
          </header>
          <div className="body">
            <dl className="pairs">
              <dt>{t('visit.mrn')}</dt>
              <dd className="num">
                <Link to="/reception/patients/$id" params={{ id: v.patient.id }}>
                  {v.patient.mrn}
                </Link>
              </dd>
              <dt>{t('visit.at')}</dt>
              <dd>{stamp(ms(v.at) ?? 0, i18n.language)}</dd>
              <dt>{t('visit.doctor')}</dt>
              <dd>{v.doctor?.name ?? t('visit.self')}</dd>
              {v.note && <dt>{t('visit.note')}</dt>}
              {v.note && <dd>{v.note}</dd>}
            </dl>
            <div className="row wrap" style={{ marginTop: 12 }}>
              <a className="btn" href={`/api/v1/visits/${v.id}/labels.pdf`} target="_blank" rel="noreferrer">
                <IconPrinter size={15} stroke={1.75} aria-hidden />
                {t('reception.labelsPdf')}
              </a>
              <a className="btn" href={`/api/v1/visits/${v.id}/preview.pdf`} target="_blank" rel="noreferrer">
                <IconFileText size={15} stroke={1.75} aria-hidden />
                {t('visit.preview')}
              </a>
              <HistoryLink entity="visit" id={v.id} />
              <Button
                icon={<IconBan size={15} stroke={1.75} aria-hidden />}
                disabled={!can('cancelVisit') || whyNotCancel(v) !== undefined}
                why={!can('cancelVisit') ? t('why.permission') : whyNotCancel(v) && t(`cancel.why.${whyNotCancel(v)}`)}
                onClick={() => setCancelling(true)}
                data-testid="cancel-visit"
              >
                {t('cancel.open')}
              </Button>
            </div>
          </div>
        </section>
        <section className="panel">
          <header>
            <h2>{t('visit.tubes')}</h2>
          </header>
          {print.error && <Fault error={print.error} />}
          <div style={{ overflowX: 'auto' }}>
            <table className="table">
              <tbody>
                {v.samples.map((s) => (
                  <tr key={s.id} data-testid="visit-sample" data-accession={s.accession}>
                    <td>
                      <span className="row">
                        <Tube colour={s.colour} />
                        <LabNo value={s.accession} />
                      </span>
                    </td>
                    <td className="sec">{s.tests.join(', ')}</td>
                    <td>
                      <State state={s.state} />
                    </td>
                    <td className="right">
                      <HistoryLink entity="sample" id={s.id} small />
                      <Button
                        size="small"
                        icon={<IconPrinter size={14} aria-hidden />}
                        busy={print.isPending}
                        onClick={() => print.mutate(s)}
                      >
                        {t('visit.reprint', { n: s.prints + 1 })}
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </section>
        <section className="panel">
          <header>
            <h2>{t('visit.tests')}</h2>
            <span className="sec num">{`${v.done} / ${v.total}`}</span>
          </header>
          <table className="table">
            <tbody>
              {v.items.map((i) => (
                <tr key={i.id}>
                  <td className="strong">{i.code}</td>
                  <td>{i18n.language === 'hi' && i.name_local ? i.name_local : i.name}</td>
                  <td className="sec">{i.panel}</td>
                  <td>
                    <State state={i.state} />
                  </td>
                  <td className="right">
                    <HistoryLink entity="order_test" id={i.id} small />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {v.bill && <BillPanel visitId={v.id} bill={v.bill} cancelled={v.state === 'cancelled'} />}
      </div>
      {cancelling && <CancelDialog visit={v} onClose={() => setCancelling(false)} />}
    </div>
  );
}

/** BillPanel shows an issued bill, which never changes, and takes what is still owed. */
function BillPanel({ visitId, bill, cancelled }: { visitId: string; bill: S['Bill']; cancelled: boolean }) {
  const { t } = useTranslation();
  const [mode, setMode] = useState<Mode>('cash');
  const [parts, setParts] = useState<Part[] | null>(null);
  const split = parts ?? [{ mode, amount: String(bill.total.due / 100), reference: '' }];
  const taken = split.map((p) => ({ ...p, paise: paise(p.amount) ?? 0 })).filter((p) => p.paise > 0);
  const [key, setKey] = useState(newKey);
  const pay = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/visits/{id}/payments', {
          params: { path: { id: visitId }, header: { 'Idempotency-Key': key } },
          body: {
            payments: taken.map((p) => ({
              mode: p.mode,
              amount: p.paise,
              ...(p.reference.trim() ? { reference: p.reference.trim() } : {}),
            })),
            expected_due: bill.total.due,
          },
        }),
      ),
    onSettled: () => {
      setKey(newKey());
      setParts(null);
      void queries.invalidateQueries({ queryKey: ['visit', visitId] });
    },
  });
  return (
    <section className="panel">
      <header>
        <h2>{t('reception.bill')}</h2>
        <span className="sec num">{bill.number}</span>
      </header>
      <div className="body col">
        {bill.lines.map((l) => (
          <div key={l.id} className="row between num small">
            <span>{l.name}</span>
            <span>{rupees(l.amount, true)}</span>
          </div>
        ))}
        <div className="row between strong num">
          <span>{t('visit.net')}</span>
          <span>{inr(bill.total.net)}</span>
        </div>
        {bill.payments.map((p) => (
          <div key={p.id} className="row between num small sec">
            <span>{`${t(`pay.${p.mode}`)} · ${p.number}`}</span>
            <span>{rupees(p.amount, true)}</span>
          </div>
        ))}
        <div className="row between strong num" data-testid="bill-due" data-due={bill.total.due}>
          {bill.total.due > 0 ? (
            <>
              <span>{t('visit.due')}</span>
              <span>{inr(bill.total.due)}</span>
            </>
          ) : (
            <span className="state tone-released">
              <IconCheck size={14} stroke={1.75} aria-hidden />
              <span>{t('visit.paid')}</span>
            </span>
          )}
        </div>
        <PayLinks links={bill.links ?? []} />
        {bill.total.due > 0 && parts && <SplitPay parts={parts} net={bill.total.due} onChange={setParts} />}
        {bill.total.due > 0 && (
          <div className="row between wrap">
            {!parts && (
              <Segments
                label={t('reception.payBy')}
                value={mode}
                onChange={setMode}
                options={(['cash', 'upi', 'card'] as const).map((m) => ({ value: m, label: t(`pay.${m}`) }))}
              />
            )}
            {!parts && <Button onClick={() => setParts(begin(mode))}>{t('split.begin')}</Button>}
            <span className="grow" />
            <Button
              look="primary"
              busy={pay.isPending}
              disabled={taken.length === 0 || (left(split, bill.total.due) ?? -1) < 0}
              onClick={() => pay.mutate()}
            >
              {t('visit.take', { amount: inr(taken.reduce((n, p) => n + p.paise, 0)) })}
            </Button>
          </div>
        )}
        {cancelled && bill.total.paid > 0 && (
          <Notice tone="delta" title={t('cancel.refund', { amount: inr(bill.total.paid) })}>
            {t('cancel.refundText')}
          </Notice>
        )}
        {pay.error && <Fault error={pay.error} />}
      </div>
    </section>
  );
}
