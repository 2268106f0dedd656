import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';
import { queries } from '../../queries';

/** CallDialog writes one attempt to tell a critical value. Only a read-back closes the call. */
export function CallDialog(props: {
  resultId: string;
  test: string;
  value: string;
  unit: string;
  doctor?: string | undefined;
  phone?: string | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [outcome, setOutcome] = useState<'reached' | 'no_answer' | 'refused'>('reached');
  const [reached, setReached] = useState(props.doctor ?? '');
  const [back, setBack] = useState(false);
  const save = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/results/{id}/calls', {
          params: { path: { id: props.resultId }, header: { 'Idempotency-Key': key } },
          body: {
            reached,
            said: `${props.test} ${props.value} ${props.unit}`.trim(),
            read_back: back,
            outcome,
            ...(props.phone ? { phone: props.phone } : {}),
          },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ predicate: (q) => ['today', 'row', 'case'].includes(String(q.queryKey[0])) });
      props.onClose();
    },
  });
  const ok = outcome !== 'reached' || (reached.trim() !== '' && back);
  return (
    <Modal opened onClose={props.onClose} title={t('critical.log')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <div className="col wide">
        <p className="strong num">{`${props.test} ${props.value} ${props.unit}`}</p>
        {props.phone && <p className="sec num">{props.phone}</p>}
        <Pick
          label={t('critical.outcome')}
          value={outcome}
          onChange={(v) => setOutcome(v as typeof outcome)}
          options={(['reached', 'no_answer', 'refused'] as const).map((v) => ({
            value: v,
            label: t(`critical.out.${v}`),
          }))}
        />
        <Text label={t('critical.who')} value={reached} onChange={setReached} data-autofocus />
        {outcome === 'reached' && (
          <Check label={t('critical.back')} checked={back} onChange={(e) => setBack(e.currentTarget.checked)} />
        )}
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button look="critical" busy={save.isPending} disabled={!ok} onClick={() => save.mutate()}>
            {t('critical.save')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
