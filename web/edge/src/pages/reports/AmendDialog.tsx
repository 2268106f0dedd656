import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { needsStepUp, StepUp, useStepUp } from '../verify/StepUp';

/** amendable are the values of a visit that went out and can only be corrected by a new version. */
export function amendable(data: S['Case'] | undefined): S['Row'][] {
  return (data?.panels ?? []).flatMap((p) => p.rows).filter((r) => r.state === 'released' && r.kind !== 'calculated');
}

/**
 * AmendDialog replaces a released value: the reason is kept, the old value and the old report stay, and what is calculated
 * from it is amended with it. The node refuses when the row changed since it was read.
 */
export function AmendDialog(props: { report: S['Report']; onClose: () => void; onDone: (id: string) => void }) {
  const { report, onClose } = props;
  const { t, i18n } = useTranslation();
  const step = useStepUp();
  const [key, setKey] = useState(newKey);
  const [item, setItem] = useState('');
  const [value, setValue] = useState('');
  const [reason, setReason] = useState('');
  const [told, setTold] = useState('');
  const visit = report.report.visit_id;
  const data = useQuery({
    queryKey: ['case', visit],
    queryFn: () => must(api.GET('/api/v1/verify/{id}', { params: { path: { id: visit } } })),
  });
  const rows = amendable(data.data);
  const row = rows.find((r) => r.item_id === item);
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/items/{id}/amend', {
          params: { path: { id: item }, header: { 'Idempotency-Key': key } },
          body: {
            value: value.trim(),
            reason: reason.trim(),
            versions: row?.versions ?? '',
            ...(told.trim() ? { told: told.trim() } : {}),
          },
        }),
      ),
    onError: (err) => {
      if (!needsStepUp(err)) void data.refetch();
      step.onError(err, () => go.mutate());
    },
    onSuccess: (made) => {
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' });
      props.onDone(made.report.id);
      onClose();
    },
  });
  const changed = (set: (v: string) => void) => (v: string) => {
    set(v);
    setKey(newKey());
  };
  const choices = row?.options ?? [];
  const ready = row !== undefined && value.trim() !== '' && value.trim() !== row.value && reason.trim().length >= 3;
  return (
    <>
      <Modal
        opened={step.again === null}
        onClose={onClose}
        title={t('amend.title')}
        closeButtonProps={{ 'aria-label': t('act.close') }}
      >
        <div className="col wide" data-testid="amend-dialog">
          <p>{t('amend.text')}</p>
          {data.error && <Fault error={data.error} onRetry={() => void data.refetch()} />}
          {data.data && rows.length === 0 && <Notice tone="delta">{t('amend.none')}</Notice>}
          <Pick
            label={t('amend.test')}
            value={item}
            onChange={changed(setItem)}
            options={[
              { value: '', label: t('act.choose') },
              ...rows.map((r) => ({
                value: r.item_id,
                label:
                  `${i18n.language === 'hi' && r.name_local ? r.name_local : r.name} · ${r.value} ${r.unit}`.trim(),
              })),
            ]}
          />
          {choices.length > 0 ? (
            <Pick
              label={t('amend.value')}
              value={value}
              onChange={changed(setValue)}
              options={[
                { value: '', label: t('act.choose') },
                ...choices.map((o) => ({ value: o.value, label: o.value })),
              ]}
            />
          ) : (
            <Text
              label={t('amend.value')}
              hint={row ? t('amend.now', { value: `${row.value} ${row.unit}`.trim() }) : undefined}
              value={value}
              onChange={changed(setValue)}
              autoComplete="off"
            />
          )}
          <Text label={t('collect.reason')} value={reason} onChange={changed(setReason)} />
          <Text label={t('amend.told')} hint={t('amend.toldHint')} value={told} onChange={changed(setTold)} />
          {go.error && !needsStepUp(go.error) && <Fault error={go.error} />}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button data-autofocus onClick={onClose}>
              {t('act.cancel')}
            </Button>
            <Button look="primary" disabled={!ready} busy={go.isPending} onClick={() => go.mutate()}>
              {t('amend.go')}
            </Button>
          </div>
        </div>
      </Modal>
      <StepUp step={step} />
    </>
  );
}
