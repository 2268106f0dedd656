import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Flag } from '@jaanch/shared/ui/Flag';
import { Keys } from '@jaanch/shared/ui/Keys';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { holdText } from '../bench/Inspector';
import { needsStepUp, StepUp, useStepUp } from './StepUp';

export type Choice = 'accept' | 'rerun' | 'new_sample';
const decided: Record<Choice, string> = { accept: 'accepted', rerun: 'rerun', new_sample: 'new_sample' };
const keys: Record<Choice, string> = { accept: 'a', rerun: 'r', new_sample: 's' };

/** rivalKeys pick one of the values that were filed apart from each other, in the order of the screen. */
export const rivalKeys = ['a', 'b', 'c'];

/** choices are the answers to a row's holds. Where two values stand against each other, one of them is picked instead of accepted. */
function choices(r: S['Row']): Choice[] {
  return (Object.keys(decided) as Choice[]).filter((c) => c !== 'accept' || !r.rivals);
}

/** heldRows are the rows of a case with something for a person to look at. */
export function heldRows(data: S['Case']): S['Row'][] {
  return data.panels.flatMap((p) => p.rows).filter((r) => r.holds.length > 0 && r.state !== 'released');
}

/** undecided counts the rows that still wait for a decision; signing works at zero. */
export function undecided(data: S['Case']): number {
  return heldRows(data).filter((r) => r.holds.some((h) => !h.decision)).length;
}

/** needsReason tells whether a value was measured while its test was not in control: then accepting it needs a reason. */
export function needsReason(row: S['Row']): boolean {
  return row.holds.some((h) => h.code === 'qc');
}

/** useDecide settles the holds of one row. */
export function useDecide(visit: string) {
  return useMutation({
    mutationFn: ({
      row,
      decision,
      note,
      value,
    }: {
      row: S['Row'];
      decision: Choice | 'choose';
      note?: string;
      value?: string;
    }) =>
      must(
        api.POST('/api/v1/items/{id}/decide', {
          params: { path: { id: row.item_id } },
          body: {
            decision,
            versions: row.versions,
            ...(note ? { note } : {}),
            ...(value ? { result_id: value } : {}),
          },
        }),
      ),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['case', visit] });
      void queries.invalidateQueries({ queryKey: ['verify'] });
    },
  });
}

/** Holds says each reason as a sentence and offers the three answers beside it. */
export function Holds(props: {
  rows: S['Row'][];
  active: number;
  onActive: (i: number) => void;
  decide: ReturnType<typeof useDecide>;
  disabled: string | undefined;
}) {
  const { t, i18n } = useTranslation();
  const [asking, setAsking] = useState<string | null>(null);
  const [note, setNote] = useState('');
  const step = useStepUp();
  const { error, variables: last } = props.decide;
  return (
    <div className="col" style={{ gap: 10 }}>
      {props.rows.map((r, i) => {
        const choice = (Object.keys(decided) as Choice[]).find(
          (c) => r.holds.length > 0 && r.holds.every((h) => h.decision === decided[c]),
        );
        const open = i === props.active;
        return (
          <div key={r.item_id} className="hold" aria-current={open} data-testid="hold" data-code={r.code}>
            <div
              className="top col"
              style={{ gap: 4 }}
              onClick={() => props.onActive(i)}
              onKeyDown={() => undefined}
              role="presentation"
            >
              <div className="row">
                <Keys keys={String(i + 1)} />
                <span className="strong cut">{`${i18n.language === 'hi' && r.name_local ? r.name_local : r.name} ${r.value} ${r.unit}`}</span>
                <Flag code={r.flag} />
                <span className="grow" />
                {choice && (
                  <span className="state tone-released">
                    <IconCircleCheck size={15} aria-hidden />
                    {t(`verify.decided.${choice}`)}
                  </span>
                )}
              </div>
              {r.holds.map((h) => (
                <p key={h.code}>{holdText(h, t)}</p>
              ))}
            </div>
            {open && r.rivals && (
              <div className="col" style={{ gap: 6 }} data-testid="rivals">
                {r.rivals.map((v, n) => (
                  <Button
                    key={v.result_id}
                    disabled={props.disabled !== undefined || props.decide.isPending}
                    why={props.disabled}
                    onClick={() => props.decide.mutate({ row: r, decision: 'choose', value: v.result_id })}
                  >
                    <span className="strong num">{`${v.value} ${v.unit}`}</span>
                    <Flag code={v.flag} />
                    <span className="sec small cut">
                      {[v.instrument ?? v.by, stamp(ms(v.at) ?? 0, i18n.language)].filter(Boolean).join(' · ')}
                    </span>
                    {rivalKeys[n] && <Keys keys={rivalKeys[n]} />}
                  </Button>
                ))}
              </div>
            )}
            {open && (
              <div className="choice">
                <Segments<Choice>
                  label={t('verify.decision')}
                  value={choice ?? null}
                  onChange={(decision) =>
                    decision === 'accept' && needsReason(r)
                      ? setAsking(r.item_id)
                      : props.decide.mutate({ row: r, decision })
                  }
                  options={choices(r).map((c) => ({
                    value: c,
                    disabled: props.disabled !== undefined || props.decide.isPending,
                    name: t(`verify.choice.${c}`),
                    label: (
                      <>
                        {t(`verify.choice.${c}`)}
                        {open && <Keys keys={keys[c]} />}
                      </>
                    ),
                  }))}
                />
                {asking === r.item_id && (
                  <div className="row" style={{ alignItems: 'flex-end', marginTop: 8 }} data-testid="qc-reason">
                    <div className="grow">
                      <Text label={t('verify.qcReason')} value={note} onChange={setNote} autoFocus maxLength={300} />
                    </div>
                    <Button
                      disabled={!note.trim() || props.decide.isPending}
                      onClick={() => {
                        props.decide.mutate({ row: r, decision: 'accept', note: note.trim() });
                        setAsking(null);
                        setNote('');
                      }}
                    >
                      {t('verify.choice.accept')}
                    </Button>
                  </div>
                )}
              </div>
            )}
          </div>
        );
      })}
      {error && !needsStepUp(error) && <Fault error={error} />}
      {error && needsStepUp(error) && last && (
        <Button onClick={() => step.onError(error, () => props.decide.mutate(last))}>{t('stepup.title')}</Button>
      )}
      <StepUp step={step} />
    </div>
  );
}
