import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { longDay, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';

const sources = ['assigned', 'provisional', 'cumulative', 'peer'] as const;

/** TargetsDialog says what a control should read, for each test on each analyzer; a new target ends the one before it. */
export function TargetsDialog(props: { control: S['Control']; instruments: S['Instrument'][]; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const { control } = props;
  const can = useCan();
  const off = can('setControlTarget') ? undefined : t('why.permission');
  const catalogue = useQuery({ queryKey: ['catalogue'], queryFn: () => must(api.GET('/api/v1/catalogue')) });
  const only = control.instrument_id ?? (props.instruments.length === 1 ? props.instruments[0]?.id : undefined);
  const empty = { instrument_id: only ?? '', test_id: '', mean: '', sd: '', n: '', source: 'assigned' };
  const [key, setKey] = useState(newKey);
  const [f, setF] = useState(empty);
  const set = (c: Partial<typeof empty>): void => setF((now) => ({ ...now, ...c }));
  const save = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/controls/{id}/targets', {
          params: { path: { id: control.id }, header: { 'Idempotency-Key': key } },
          body: {
            instrument_id: f.instrument_id,
            test_id: f.test_id,
            mean: f.mean.trim(),
            sd: f.sd.trim(),
            source: f.source as (typeof sources)[number],
            ...(f.n ? { n: Number(f.n) } : {}),
          },
        }),
      ),
    onSuccess: (l) => {
      queries.setQueryData(['controls'], l);
      void queries.invalidateQueries({ queryKey: ['quality'] });
      setKey(newKey());
      setF({ ...empty, instrument_id: f.instrument_id });
    },
  });
  const unit = catalogue.data?.tests.find((x) => x.id === f.test_id)?.unit;
  const ready = f.instrument_id && f.test_id && f.mean.trim() && f.sd.trim();
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={t('quality.targetsOf', { name: control.name, lot: control.lot, level: control.level })}
      size="xl"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide" data-testid="targets-dialog">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('col.test')}</th>
              <th scope="col">{t('instr.name')}</th>
              <th scope="col" className="right">
                {t('quality.mean')}
              </th>
              <th scope="col" className="right">
                {t('quality.sd')}
              </th>
              <th scope="col">{t('quality.source')}</th>
              <th scope="col" className="hide-s">
                {t('quality.from')}
              </th>
            </tr>
          </thead>
          <tbody>
            {control.targets.map((x) => (
              <tr key={x.id}>
                <td className="strong">{x.test}</td>
                <td className="sec">{x.instrument}</td>
                <td className="right num">{x.mean}</td>
                <td className="right num">{x.sd}</td>
                <td className="sec">{t(`quality.sources.${x.source}`)}</td>
                <td className="sec num hide-s">{longDay(ms(x.valid_from) ?? 0, i18n.language)}</td>
              </tr>
            ))}
            {control.targets.length === 0 && (
              <tr>
                <td colSpan={6} className="sec">
                  {t('quality.noTargets')}
                </td>
              </tr>
            )}
          </tbody>
        </table>
        <div className="cols2">
          <Pick
            label={t('instr.name')}
            value={f.instrument_id}
            onChange={(instrument_id) => set({ instrument_id })}
            options={[
              { value: '', label: t('act.choose') },
              ...props.instruments
                .filter((i) => !control.instrument_id || i.id === control.instrument_id)
                .map((i) => ({ value: i.id, label: i.name })),
            ]}
          />
          <Pick
            label={t('col.test')}
            value={f.test_id}
            onChange={(test_id) => set({ test_id })}
            options={[
              { value: '', label: t('act.choose') },
              ...(catalogue.data?.tests ?? []).map((x) => ({ value: x.id, label: `${x.code} · ${x.name}` })),
            ]}
          />
          <Text
            label={unit ? t('quality.meanIn', { unit }) : t('quality.mean')}
            value={f.mean}
            inputMode="decimal"
            onChange={(mean) => set({ mean })}
          />
          <Text label={t('quality.sd')} value={f.sd} inputMode="decimal" onChange={(sd) => set({ sd })} />
          <Pick
            label={t('quality.source')}
            hint={t(`quality.sourceHint.${f.source}`)}
            value={f.source}
            onChange={(source) => set({ source })}
            options={sources.map((s) => ({ value: s, label: t(`quality.sources.${s}`) }))}
          />
          <Text
            label={t('quality.nValues')}
            value={f.n}
            inputMode="numeric"
            onChange={(v) => set({ n: v.replace(/\D/g, '') })}
          />
        </div>
        <p className="small sec">{t('quality.targetText')}</p>
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={props.onClose}>{t('act.close')}</Button>
          <Button
            look="primary"
            disabled={!ready || off !== undefined}
            why={off}
            busy={save.isPending}
            onClick={() => save.mutate()}
          >
            {t('quality.setTarget')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
