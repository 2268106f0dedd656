import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useDebounced } from '@jaanch/shared/hooks/debounced';
import { inr } from '@jaanch/shared/lab/money';
import { clock, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Tube } from '@jaanch/shared/ui/Tube';
import { IconInfoCircle, IconPlus, IconX } from '@tabler/icons-react';
import { useState, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { Combo } from './Combo';
import { setDraft, useDraft } from './draft';

/** TestsStep picks tests by code, name or old name. The box keeps the focus after Enter: a list is typed in one go. */
export function TestsStep({
  quote,
  error,
  boxRef,
}: {
  quote: S['Quote'] | undefined;
  error: unknown;
  boxRef: Ref<HTMLInputElement>;
}) {
  const { t, i18n } = useTranslation();
  const d = useDraft();
  const [text, setText] = useState('');
  const rested = useDebounced(text.trim(), 120);
  const chosen = d.items.map((i) => i.id);
  const picks = useQuery({
    queryKey: ['pick', rested, chosen],
    queryFn: () =>
      must(
        api.POST('/api/v1/catalogue/pick', {
          body: { query: rested, chosen, limit: 8, ...(d.patient ? { patient_id: d.patient.id } : {}) },
        }),
      ),
    enabled: rested !== '' || chosen.length > 0,
  });
  const add = (p: S['Pick']): void => {
    if (!chosen.includes(p.id)) setDraft({ items: [...d.items, p] });
    setText('');
  };
  const due = ms(quote?.report_due);
  const name = (p: { name: string; name_local?: string }): string =>
    i18n.language === 'hi' && p.name_local ? p.name_local : p.name;
  return (
    <>
      <div className="stephead">
        <span className="no">2</span>
        <h2>{t('reception.tests')}</h2>
        <span className="hint">
          {d.items.length > 0 && quote
            ? [
                t('reception.picked', { count: d.items.length }),
                t('reception.tubes', { count: quote.tubes.length }),
                due === null ? '' : t('reception.reportBy', { at: clock(due) }),
              ]
                .filter(Boolean)
                .join(' · ')
            : t('reception.testsHint')}
        </span>
      </div>
      {d.items.length > 0 && (
        <div className="panel" style={{ flex: 'none' }}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('col.code')}</th>
                <th scope="col">{t('col.test')}</th>
                <th scope="col">{t('col.reportIn')}</th>
                <th scope="col" className="right">
                  {t('col.price')}
                </th>
                <th scope="col">
                  <span className="vh">{t('act.remove')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {d.items.map((p) => (
                <tr key={p.id} data-testid={`picked-${p.code}`}>
                  <td className="strong">{p.code}</td>
                  <td>
                    <span className="row">
                      <Tube colour={p.colour} />
                      {name(p)}
                    </span>
                  </td>
                  <td className="sec">{inTime(p.report_in_min, t)}</td>
                  <td className="right num">{inr(p.price)}</td>
                  <td className="right">
                    <Button
                      size="small"
                      look="plain"
                      aria-label={t('reception.removeTest', { test: p.code })}
                      icon={<IconX size={14} aria-hidden />}
                      onClick={() => setDraft({ items: d.items.filter((i) => i.id !== p.id) })}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Combo<S['Pick']>
        label={t('reception.addTest')}
        placeholder={t('reception.addTest')}
        icon={<IconPlus size={16} stroke={1.75} aria-hidden />}
        text={text}
        onText={setText}
        inputRef={boxRef}
        testId="test-search"
        open={rested !== '' && text.trim() !== '' && (picks.data?.picks.length ?? 0) > 0}
        options={picks.data?.picks ?? []}
        optionKey={(p) => p.id}
        onPick={add}
        tail={t('reception.byCode')}
        tip={t('reception.addAndStay')}
        render={(p) => (
          <>
            <span className="strong" style={{ minWidth: 64 }}>
              {p.code}
            </span>
            <span className="grow cut">{name(p)}</span>
            {p.remark && (
              <span className={`small nowrap ${p.remark === 'same_tube' ? 'sec' : 'tone-delta'}`}>
                {t(`remark.${p.remark}`, { panel: p.inside })}
              </span>
            )}
            <span className="num nowrap">{inr(p.price)}</span>
          </>
        )}
      />
      {error !== null && error !== undefined && <Fault error={error} />}
      {quote?.notes.map((n) => (
        <p key={n.code + n.text} className="small row">
          <IconInfoCircle size={15} stroke={1.75} aria-hidden />
          {t(`note.${n.code}`, { ...n.params, defaultValue: n.text })}
        </p>
      ))}
      {(picks.data?.often.length ?? 0) > 0 && (
        <div className="row wrap">
          <span className="sec small">{t('reception.often')}</span>
          {picks.data?.often.slice(0, 4).map((p) => (
            <Button key={p.id} size="small" onClick={() => add(p)}>
              {p.code}
            </Button>
          ))}
        </div>
      )}
    </>
  );
}

function inTime(min: number, t: ReturnType<typeof useTranslation>['t']): string {
  if (min < 60) return t('when.minutes', { n: min });
  return min < 48 * 60 ? t('when.hours', { n: Math.round(min / 60) }) : t('when.days', { n: Math.round(min / 1440) });
}
