import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { inr } from '@jaanch/shared/lab/money';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';

type View = 'exceptions' | 'booked';
const reasons = ['cancelled', 'duplicate', 'overcharged', 'other'] as const;

/** PaymentsPage is the money that came through gateways: what fits no bill and waits for a person, and what was booked. */
export function PaymentsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('out.payments'));
  const [view, setView] = useState<View>('exceptions');
  const [open, setOpen] = useState<S['Money'] | null>(null);
  const list = useQuery({
    queryKey: ['payments'],
    queryFn: () => must(api.GET('/api/v1/outside/payments')),
    refetchInterval: 10_000,
  });
  const waiting = list.data?.exceptions.filter((m) => m.state === 'exception').length;
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <Segments<View>
            label={t('out.payments')}
            value={view}
            options={[
              { value: 'exceptions', label: t('out.exceptions'), count: waiting },
              { value: 'booked', label: t('out.booked') },
            ]}
            onChange={setView}
          />
        </div>
        <div className="fill scroll">
          <table className="table" data-testid="payments">
            <thead>
              <tr>
                <th scope="col">{t('hub.when')}</th>
                <th scope="col">{t('out.bill')}</th>
                <th scope="col" className="right">
                  {t('out.amount')}
                </th>
                <th scope="col" className="hide-s">
                  {t('out.paymentId')}
                </th>
                <th scope="col">{t('hub.stateCol')}</th>
                <th scope="col">
                  <span className="vh">{t('act.edit')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                columns={6}
                isEmpty={(p) => p[view].length === 0}
                empty={<Empty>{view === 'exceptions' ? t('out.noExceptions') : t('out.noPayments')}</Empty>}
              >
                {(p) =>
                  p[view].map((m) => (
                    <tr key={m.id} className={m.state === 'settled' ? 'pastrow' : ''} data-testid="payment">
                      <td className="sec num">{stamp(ms(m.at) ?? 0, i18n.language)}</td>
                      <td className="strong num">{m.reference || '–'}</td>
                      <td className="right num">{inr(m.amount_paise, true)}</td>
                      <td className="num sec hide-s">{m.payment_id}</td>
                      <td>{said(m, t)}</td>
                      <td className="right">
                        {m.state === 'exception' && (
                          <Button size="small" look="primary" onClick={() => setOpen(m)}>
                            {t('out.decide')}
                          </Button>
                        )}
                        {m.state === 'booked' && m.refunded_paise < m.amount_paise && (
                          <Button size="small" onClick={() => setOpen(m)}>
                            {t('out.refund')}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
      </div>
      {open && (open.state === 'exception' ? <Decide money={open} onClose={() => setOpen(null)} /> : null)}
      {open?.state === 'booked' && <Refund money={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function said(m: S['Money'], t: (key: string, o?: Record<string, unknown>) => string): string {
  const parts = [];
  if (m.reason) parts.push(t(`out.reason.${m.reason}`, { defaultValue: m.reason }));
  if (m.decision) parts.push(t(`out.decided.${m.decision}`, { defaultValue: m.decision }));
  if (m.refunded_paise > 0) parts.push(t('out.refunded', { amount: inr(m.refunded_paise, true) }));
  return parts.join(' · ') || t('out.isBooked');
}

const renew = (): void => void queries.invalidateQueries({ queryKey: ['payments'] });

function Decide({ money, onClose }: { money: S['Money']; onClose: () => void }) {
  const { t } = useTranslation();
  const [decision, setDecision] = useState<S['Decision']['decision']>('book');
  const [reference, setReference] = useState(money.reference);
  const save = useMutation({
    mutationFn: () =>
      api.POST('/api/v1/outside/payments/{id}/decide', {
        params: { path: { id: money.id } },
        body: decision === 'book' ? { decision, reference } : { decision },
      }),
    onSuccess: () => {
      renew();
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('out.decideTitle', { amount: inr(money.amount_paise, true) })}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <p className="sec">{t(`out.reason.${money.reason}`, { defaultValue: money.reason })}</p>
        <Segments
          label={t('out.decide')}
          value={decision}
          fill
          options={(['book', 'refund', 'close'] as const).map((v) => ({ value: v, label: t(`out.choice.${v}`) }))}
          onChange={setDecision}
        />
        {decision === 'book' && (
          <Text label={t('out.bill')} hint={t('out.billHint')} value={reference} onChange={setReference} />
        )}
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look={decision === 'refund' ? 'danger' : 'primary'}
            busy={save.isPending}
            disabled={decision === 'book' && !reference.trim()}
            onClick={() => save.mutate()}
          >
            {t(`out.choice.${decision}`)}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

function Refund({ money, onClose }: { money: S['Money']; onClose: () => void }) {
  const { t } = useTranslation();
  const left = money.amount_paise - money.refunded_paise;
  const [amount, setAmount] = useState((left / 100).toFixed(2));
  const [reason, setReason] = useState<(typeof reasons)[number]>('cancelled');
  const [key] = useState(() => crypto.randomUUID());
  const [whole = '', part = ''] = amount.trim().split('.');
  const paise = /^\d{1,7}(\.\d{1,2})?$/.test(amount.trim()) ? Number(whole) * 100 + Number(part.padEnd(2, '0')) : 0;
  const save = useMutation({
    mutationFn: () =>
      api.POST('/api/v1/outside/payments/{id}/refund', {
        params: { path: { id: money.id }, header: { 'Idempotency-Key': key } },
        body: { amount_paise: paise, reason },
      }),
    onSuccess: () => {
      renew();
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('out.refund')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <div className="col wide">
        <Text
          label={t('out.amount')}
          hint={t('out.left', { amount: inr(left, true) })}
          inputMode="decimal"
          value={amount}
          onChange={setAmount}
        />
        <Pick
          label={t('out.why')}
          value={reason}
          options={reasons.map((r) => ({ value: r, label: t(`out.because.${r}`) }))}
          onChange={(v) => setReason(reasons.find((r) => r === v) ?? 'other')}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look="danger"
            busy={save.isPending}
            disabled={paise <= 0 || paise > left}
            onClick={() => save.mutate()}
          >
            {t('out.refund')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
