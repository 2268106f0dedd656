import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Barcode } from '@jaanch/shared/ui/Codes';
import { Tube } from '@jaanch/shared/ui/Tube';
import { IconPrinter, IconPrinterOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { setDraft, useDraft } from './draft';

/** usePrinter is the label printer of this lab, the default one first. */
export function usePrinter(): S['Printer'] | undefined {
  const q = useQuery({ queryKey: ['printers'], queryFn: () => must(api.GET('/api/v1/printers')) });
  return q.data?.printers.find((p) => p.default) ?? q.data?.printers[0];
}

/** LabelsStep shows the labels as they will print; the number is taken when the visit is saved. */
export function LabelsStep({ quote }: { quote: S['Quote'] | undefined }) {
  const { t } = useTranslation();
  const d = useDraft();
  const printer = usePrinter();
  const who = d.patient?.name ?? d.form?.name ?? '';
  const sexAge = d.patient
    ? `${d.patient.age.replace(/\s/g, '').toUpperCase()}/${d.patient.sex}`
    : d.form
      ? `${d.form.age}${d.form.unit.toUpperCase()}/${d.form.sex}`
      : '';
  return (
    <>
      <div className="stephead">
        <span className="no">3</span>
        <h2>{t('reception.labels')}</h2>
        <span className="hint row" style={{ gap: 4 }}>
          {printer ? (
            <IconPrinter size={14} stroke={1.75} aria-hidden />
          ) : (
            <IconPrinterOff size={14} stroke={1.75} aria-hidden />
          )}
          {printer ? t(`printer.${printer.state}`, { name: printer.name }) : t('printer.none')}
        </span>
      </div>
      {(quote?.tubes.length ?? 0) === 0 && <p className="sec small">{t('reception.labelsHint')}</p>}
      <div className="row wrap top" style={{ gap: 12 }}>
        {quote?.tubes.map((tube, i) => {
          const copies = d.copies[i] ?? 1;
          const set = (n: number): void => setDraft({ copies: { ...d.copies, [i]: Math.max(0, Math.min(10, n)) } });
          return (
            <div key={tube.container} className="col" style={{ gap: 6 }} data-testid="tube">
              <div className="tubelabel">
                <div className="row between" style={{ gap: 4 }}>
                  <b className="cut">{who.toUpperCase()}</b>
                  <b>{sexAge}</b>
                </div>
                <div>{`${d.patient?.mrn ?? ''} ${tube.container.toUpperCase()}`}</div>
                <div style={{ opacity: 0.28, textAlign: 'center' }}>
                  <Barcode text="000000000000" height={28} />
                </div>
                <div className="row between" style={{ gap: 4 }}>
                  <b>{t('reception.atSave')}</b>
                  <b className="cut">{`${d.priority === 'routine' ? 'R' : d.priority === 'urgent' ? 'U' : 'S'} ${tube.tests.join(' ')}`}</b>
                </div>
              </div>
              <div className="row between">
                <span className="row small">
                  <Tube colour={tube.colour} />
                  <span className="cut" style={{ maxWidth: 104 }}>
                    {tube.text}
                  </span>
                </span>
                <span className="stepper" role="group" aria-label={t('reception.copies', { tube: tube.text })}>
                  <button type="button" aria-label={t('act.less')} onClick={() => set(copies - 1)}>
                    −
                  </button>
                  <span aria-live="polite">{copies}</span>
                  <button type="button" aria-label={t('act.more')} onClick={() => set(copies + 1)}>
                    +
                  </button>
                </span>
              </div>
            </div>
          );
        })}
      </div>
    </>
  );
}
