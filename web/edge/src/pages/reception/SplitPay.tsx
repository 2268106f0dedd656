import { inr } from '@jaanch/shared/lab/money';
import { Button } from '@jaanch/shared/ui/Button';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { left, type Mode, type Part } from './draft';

const modes: Mode[] = ['cash', 'upi', 'card'];
const MAX_PARTS = 5;

/** begin splits a bill: the first part is still to be typed, the second takes what is left. */
export function begin(mode: Mode): Part[] {
  return [
    { mode, amount: '', reference: '' },
    { mode: mode === 'cash' ? 'upi' : 'cash', amount: '', reference: '' },
  ];
}

/** rest fills the last part with what the others leave, so that a person types one amount of two. */
export function rest(parts: Part[], net: number): Part[] {
  const last = parts.length - 1;
  const open = left(parts.slice(0, last), net);
  if (open === null || open < 0) return parts;
  return parts.map((p, i) => (i === last ? { ...p, amount: open === 0 ? '' : String(open / 100) } : p));
}

/** SplitPay takes a bill in parts: cash and UPI, two cards. What is left over stays as due. */
export function SplitPay({
  parts,
  net,
  onChange,
}: {
  parts: Part[];
  net: number;
  onChange: (parts: Part[] | null) => void;
}) {
  const { t } = useTranslation();
  const open = left(parts, net);
  const set = (at: number, change: Partial<Part>): void => {
    const next = parts.map((p, i) => (i === at ? { ...p, ...change } : p));
    onChange(change.amount !== undefined && at < parts.length - 1 ? rest(next, net) : next);
  };
  return (
    <div className="col" style={{ gap: 8 }} data-testid="split">
      {parts.map((p, i) => (
        <div key={i} className="row" style={{ gap: 6 }}>
          <select
            className="input"
            style={{ width: 92, flex: 'none' }}
            aria-label={t('split.mode', { n: i + 1 })}
            value={p.mode}
            onChange={(e) => set(i, { mode: modes.find((m) => m === e.currentTarget.value) ?? 'cash' })}
          >
            {modes.map((m) => (
              <option key={m} value={m}>
                {t(`pay.${m}`)}
              </option>
            ))}
          </select>
          <input
            className="input num right"
            style={{ width: 92, flex: 'none' }}
            inputMode="decimal"
            aria-label={t('split.amount', { n: i + 1 })}
            aria-invalid={open === null}
            value={p.amount}
            onChange={(e) => set(i, { amount: e.currentTarget.value })}
          />
          <input
            className="input grow"
            style={{ minWidth: 0 }}
            aria-label={t('split.reference', { n: i + 1 })}
            placeholder={p.mode === 'cash' ? '' : t('split.last4')}
            disabled={p.mode === 'cash'}
            maxLength={40}
            value={p.reference}
            onChange={(e) => set(i, { reference: e.currentTarget.value })}
          />
          {parts.length > 2 && (
            <Button
              size="small"
              look="plain"
              aria-label={t('split.drop', { n: i + 1 })}
              icon={<IconX size={14} aria-hidden />}
              onClick={() => onChange(parts.filter((_, x) => x !== i))}
            />
          )}
        </div>
      ))}
      <div className="row between">
        <span className="row">
          {parts.length < MAX_PARTS && (
            <Button
              size="small"
              icon={<IconPlus size={14} aria-hidden />}
              onClick={() => onChange([...parts, { mode: 'cash', amount: '', reference: '' }])}
            >
              {t('split.add')}
            </Button>
          )}
          <Button size="small" look="plain" onClick={() => onChange(null)}>
            {t('split.one')}
          </Button>
        </span>
        <span
          className={`num ${open === null || open < 0 ? 'tone-high strong' : open > 0 ? 'tone-delta' : 'tone-released'}`}
        >
          {open === null
            ? t('split.noAmount')
            : open < 0
              ? t('split.over', { amount: inr(-open) })
              : open > 0
                ? t('split.left', { amount: inr(open) })
                : t('split.even')}
        </span>
      </div>
    </div>
  );
}
