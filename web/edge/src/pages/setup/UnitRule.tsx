import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';

/** ruleWords writes a declared conversion: mmol/L × 18.016 + 2.15. */
export function ruleWords(c: S['CodeConversion']): string {
  const added =
    c.offset && Number(c.offset) !== 0 ? ` ${c.offset.startsWith('-') ? '−' : '+'} ${c.offset.replace('-', '')}` : '';
  return `${c.from_unit} × ${c.factor}${added}`;
}

/** usual are factors that laboratories know by heart, offered as a hint, never taken by themselves (lab-rules 4). */
const usual: Record<string, string> = {
  'glu mmol/l mg/dl': '18.016',
  'chol mmol/l mg/dl': '38.67',
  'tri mmol/l mg/dl': '88.57',
  'crea umol/l mg/dl': '0.011312',
  'bil umol/l mg/dl': '0.058467',
  'urea mmol/l mg/dl': '6.006',
  'uric umol/l mg/dl': '0.016811',
  'calcium mmol/l mg/dl': '4.008',
  'phos mmol/l mg/dl': '3.097',
  'magn mmol/l mg/dl': '2.431',
};

/** usualFactor gives the textbook factor for a test's name and two units; undefined where there is none. */
export function usualFactor(test: string, from: string, to: string): string | undefined {
  const plain = (u: string): string => u.toLowerCase().replace(/[µμ]/g, 'u').replace(/\s/g, '');
  if (plain(from) === 'g/l' && plain(to) === 'g/dl') return '0.1';
  return Object.entries(usual).find(([k]) => {
    const [name = '', f, t] = k.split(' ');
    return test.toLowerCase().includes(name) && plain(from) === f && plain(to) === t;
  })?.[1];
}

/**
 * UnitRule stands where a code is mapped: what unit comes, what unit the test has, and the conversion that the lab declared.
 * Without a declaration values are held; nothing is ever converted by itself.
 */
export function UnitRule(props: {
  test: string;
  sent: string | undefined;
  unit: string | undefined;
  value: S['CodeConversion'] | undefined;
  off?: boolean;
  onChange: (c: S['CodeConversion'] | undefined) => void;
}) {
  const { t } = useTranslation();
  const { sent = '', unit = '', value } = props;
  const [open, setOpen] = useState(false);
  const [factor, setFactor] = useState('');
  const [offset, setOffset] = useState('');
  if (!value && (!sent || !unit)) return null;
  if (value) {
    return (
      <div className="row small" style={{ padding: '4px 0' }} data-testid="unit-rule">
        <span className="chip released">{`${ruleWords(value)} = ${unit}`}</span>
        <Button size="small" look="plain" disabled={props.off} onClick={() => props.onChange(undefined)}>
          {t('unit.remove')}
        </Button>
      </div>
    );
  }
  const hint = usualFactor(props.test, sent, unit);
  const ready = Number(factor) > 0;
  return (
    <div className="col small" style={{ gap: 6, padding: '4px 0' }} data-testid="unit-differs">
      <div className="row">
        <span className="chip delta">{t('unit.differs', { sent, unit })}</span>
        <Button size="small" disabled={props.off} aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('unit.declare')}
        </Button>
      </div>
      {open && (
        <div className="row" style={{ alignItems: 'flex-end', flexWrap: 'wrap' }}>
          <div style={{ width: 130 }}>
            <Text
              label={t('unit.factor')}
              value={factor}
              inputMode="decimal"
              placeholder={hint ?? ''}
              onChange={setFactor}
            />
          </div>
          <div style={{ width: 110 }}>
            <Text label={t('unit.offset')} value={offset} inputMode="decimal" placeholder="0" onChange={setOffset} />
          </div>
          <Button
            disabled={!ready || props.off}
            onClick={() => {
              setOpen(false);
              props.onChange({
                from_unit: sent,
                factor: factor.trim(),
                ...(offset.trim() ? { offset: offset.trim() } : {}),
              });
            }}
          >
            {t('unit.set')}
          </Button>
          <p className="sec" style={{ flexBasis: '100%' }}>
            {ready
              ? t('unit.example', { sent: `10 ${sent}`, value: example(factor, offset), unit })
              : hint
                ? t('unit.usual', { factor: hint })
                : t('unit.text')}
          </p>
        </div>
      )}
    </div>
  );
}

/** example says what ten becomes, for the eye alone: the node calculates exactly. */
function example(factor: string, offset: string): string {
  return String(Number((10 * Number(factor) + Number(offset || 0)).toPrecision(8)));
}
