import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { inr } from '@jaanch/shared/lab/money';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

/** whyNotCancel says why a visit cannot be cancelled any more; undefined while it can. */
export function whyNotCancel(v: Pick<S['Visit'], 'state' | 'done'>): 'cancelled' | 'released' | undefined {
  if (v.state === 'cancelled') return 'cancelled';
  return v.done > 0 || v.state === 'completed' || v.state === 'partially_released' ? 'released' : undefined;
}

/** CancelDialog ends an order before anything of it is released. What was paid is named, because somebody must give it back. */
export function CancelDialog({ visit, onClose }: { visit: S['Visit']; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState('');
  const paid = visit.bill?.total.paid ?? 0;
  const drawn = visit.samples.filter((s) => s.state === 'collected' || s.state === 'received').length;
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/visits/{id}/cancel', {
          params: { path: { id: visit.id } },
          body: { reason: reason.trim(), versions: visit.versions },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('cancel.title', { number: visit.number })}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide" data-testid="cancel-dialog">
        <p>{t('cancel.text', { count: visit.total })}</p>
        {paid > 0 && (
          <Notice tone="delta" title={t('cancel.refund', { amount: inr(paid) })}>
            {t('cancel.refundText')}
          </Notice>
        )}
        {drawn > 0 && <Notice tone="delta">{t('cancel.drawn', { count: drawn })}</Notice>}
        <Text label={t('cancel.reason')} value={reason} maxLength={200} onChange={setReason} />
        {go.error && <Fault error={go.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button data-autofocus onClick={onClose}>
            {t('cancel.keep')}
          </Button>
          <Button
            look="danger"
            disabled={reason.trim().length < 2}
            busy={go.isPending}
            onClick={() => go.mutate()}
            data-testid="cancel-go"
          >
            {t('cancel.go')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
