import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { needsStepUp, StepUp, useStepUp } from '../verify/StepUp';

/**
 * WithdrawDialog takes a report back: one of the few modals, because it cannot be undone. The node wants to see who sits
 * there first; then the same request goes again.
 */
export function WithdrawDialog({ report, onClose }: { report: S['Report']; onClose: () => void }) {
  const { t } = useTranslation();
  const step = useStepUp();
  const [key] = useState(newKey);
  const [reason, setReason] = useState('');
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/reports/{id}/withdraw', {
          params: { path: { id: report.report.id }, header: { 'Idempotency-Key': key } },
          body: { reason: reason.trim() },
        }),
      ),
    onError: (err) => step.onError(err, () => go.mutate()),
    onSuccess: () => {
      void queries.invalidateQueries({
        predicate: (q) => ['reports', 'report', 'today'].includes(String(q.queryKey[0])),
      });
      onClose();
    },
  });
  return (
    <>
      <Modal
        opened={step.again === null}
        onClose={onClose}
        title={t('reports.withdrawTitle')}
        closeButtonProps={{ 'aria-label': t('act.close') }}
      >
        <div className="col wide">
          <p>{t('reports.withdrawText', { name: report.patient_name })}</p>
          <Text label={t('collect.reason')} value={reason} onChange={setReason} />
          {go.error && !needsStepUp(go.error) && <Fault error={go.error} />}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button data-autofocus onClick={onClose}>
              {t('act.cancel')}
            </Button>
            <Button look="danger" disabled={reason.trim().length < 3} busy={go.isPending} onClick={() => go.mutate()}>
              {t('reports.withdraw')}
            </Button>
          </div>
        </div>
      </Modal>
      <StepUp step={step} />
    </>
  );
}
