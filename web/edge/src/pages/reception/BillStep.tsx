import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { inr, rupees } from '@jaanch/shared/lab/money';
import { Button } from '@jaanch/shared/ui/Button';
import { Qr } from '@jaanch/shared/ui/Codes';
import { Text } from '@jaanch/shared/ui/Field';
import { Keys } from '@jaanch/shared/ui/Keys';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { setDraft, useDraft, type Draft } from './draft';
import { begin, SplitPay } from './SplitPay';

const modes = [
  { mode: 'cash', key: 'F7' },
  { mode: 'upi', key: 'F8' },
  { mode: 'card', key: 'F9' },
  { mode: 'later', key: 'F10' },
] as const;

/** upiLink is what a UPI app reads from the QR: who is paid and how much. Made here, so it works without the net. */
export function upiLink(address: string, lab: string, paise: number): string {
  const amount = (paise / 100).toFixed(2);
  return `upi://pay?pa=${encodeURIComponent(address)}&pn=${encodeURIComponent(lab)}&am=${amount}&cu=INR`;
}

/** BillStep shows what it costs and takes the money. */
export function BillStep({ quote }: { quote: S['Quote'] | undefined }) {
  const { t, i18n } = useTranslation();
  const d = useDraft();
  const lab = useQuery({ queryKey: ['lab'], queryFn: () => must(api.GET('/api/v1/setup/lab')) });
  const total = quote?.total;
  const limit = lab.data?.discount_max_percent ?? 0;
  const over = Number(d.discount) > limit;
  const choose = (mode: Draft['mode']): void => setDraft({ mode, split: null });
  const split = (): void => {
    if (total && total.net > 0)
      setDraft({ split: begin(d.mode === 'later' ? 'cash' : d.mode), ...(d.mode === 'later' ? { mode: 'cash' } : {}) });
  };
  useKeys([
    ...modes.map((m) => ({ keys: m.key, label: t(`pay.${m.mode}`), run: () => choose(m.mode) })),
    { keys: 'alt+s', label: t('split.begin'), run: split, typing: true },
  ]);
  return (
    <>
      <div className="stephead">
        <span className="no">4</span>
        <h2>{t('reception.bill')}</h2>
        <span className="hint">{t('reception.supply')}</span>
      </div>
      <div className="panel body col" style={{ padding: 12, flex: 'none' }}>
        {quote?.lines.map((l) => (
          <div key={l.id} className="sum">
            <span className="cut">{i18n.language === 'hi' ? l.code : l.name}</span>
            <span>{rupees(l.price, true)}</span>
          </div>
        ))}
        {!quote && <p className="sec small">{t('reception.billHint')}</p>}
        <div className="sum" style={{ alignItems: 'center' }}>
          <span className="row nowrap">
            <label htmlFor="discount" className="sec small">
              {t('reception.discount')}
            </label>
            <input
              id="discount"
              className="input num"
              style={{ width: 44, minHeight: 26, padding: '0 6px' }}
              inputMode="decimal"
              value={d.discount}
              aria-invalid={over}
              onChange={(e) => setDraft({ discount: e.currentTarget.value })}
            />
            <span className={over ? 'tone-high small' : 'dim small'}>{t('reception.limit', { n: limit })}</span>
          </span>
          <span className="nowrap">{total && total.discount > 0 ? `− ${rupees(total.discount, true)}` : ''}</span>
        </div>
        {total && total.round_off !== 0 && (
          <div className="sum sec">
            <span>{t('reception.roundOff')}</span>
            <span>{rupees(total.round_off, true)}</span>
          </div>
        )}
        {total && total.earlier_due > 0 && (
          <div className="sum sec">
            <span>{t('reception.earlier')}</span>
            <span>{rupees(total.earlier_due, true)}</span>
          </div>
        )}
        <div className="sum line" style={{ alignItems: 'flex-end' }}>
          <span className="strong">{t('reception.toTake')}</span>
          <span className="total" data-testid="total">
            {inr(total?.net ?? 0)}
          </span>
        </div>
        <p className="dim small">{t('reception.noGst')}</p>
      </div>
      <Segments<Draft['mode']>
        fill
        label={t('reception.payBy')}
        value={d.split ? null : d.mode}
        onChange={choose}
        options={modes.map((m) => ({
          value: m.mode,
          label: (
            <>
              {t(`pay.${m.mode}`)}
              <Keys keys={m.key} />
            </>
          ),
          name: t(`pay.${m.mode}`),
        }))}
      />
      {d.split && <SplitPay parts={d.split} net={total?.net ?? 0} onChange={(parts) => setDraft({ split: parts })} />}
      {!d.split && total && total.net > 0 && (
        <div className="row">
          <Button size="small" keys="alt+s" onClick={split} data-testid="split-begin">
            {t('split.begin')}
          </Button>
        </div>
      )}
      {!d.split && d.mode === 'upi' && (
        <div className="panel col" style={{ padding: 12 }}>
          {lab.data?.upi && total ? (
            <div className="row top" style={{ gap: 12 }}>
              <Qr text={upiLink(lab.data.upi, lab.data.name, total.net)} size={150} label={t('reception.upiQr')} />
              <div className="col small grow">
                <span className="strong">{t('reception.upiAmount', { amount: inr(total.net) })}</span>
                <span style={{ overflowWrap: 'anywhere' }}>{lab.data.upi}</span>
                <span className="sec">{t('reception.upiLocal')}</span>
              </div>
            </div>
          ) : (
            <p className="small sec">{t('reception.noUpi')}</p>
          )}
          <Text
            label={t('reception.last4')}
            value={d.reference}
            inputMode="numeric"
            maxLength={40}
            onChange={(reference) => setDraft({ reference })}
          />
        </div>
      )}
      {!d.split && d.mode === 'card' && (
        <Text label={t('reception.cardRef')} value={d.reference} onChange={(reference) => setDraft({ reference })} />
      )}
      {!d.split && d.mode === 'later' && <p className="sec small">{t('reception.laterHint')}</p>}
    </>
  );
}
