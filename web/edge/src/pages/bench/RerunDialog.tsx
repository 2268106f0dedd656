import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

const reasons = ['delta', 'critical', 'range', 'flag', 'qc', 'tech'] as const;

/** RerunDialog asks for the test again on the same tube. The present value stays as a version once a new one is filed. */
export function RerunDialog({ row, onClose }: { row: S['Row']; onClose: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState<(typeof reasons)[number]>('tech');
  const [note, setNote] = useState('');
  const save = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/items/{id}/rerun', {
          params: { path: { id: row.item_id } },
          body: { reason, versions: row.versions, ...(note ? { note } : {}) },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({
        predicate: (q) => ['worklist', 'row', 'case', 'verify'].includes(String(q.queryKey[0])),
      });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('rerun.title', { test: row.name })}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <Pick
          label={t('rerun.reason')}
          value={reason}
          onChange={(v) => setReason(reasons.find((r) => r === v) ?? 'tech')}
          options={reasons.map((r) => ({ value: r, label: t(`rerun.${r}`) }))}
        />
        <Text label={t('collect.note')} value={note} onChange={setNote} />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button look="primary" busy={save.isPending} onClick={() => save.mutate()}>
            {t('rerun.go')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
