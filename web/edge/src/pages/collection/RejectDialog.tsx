import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

/** RejectDialog refuses a tube for a coded reason, and asks for a new one. */
export function RejectDialog({ samples, onClose }: { samples: S['Sample'][]; onClose: () => void }) {
  const { t } = useTranslation();
  const reasons = useQuery({
    queryKey: ['rejectreasons'],
    queryFn: () => must(api.GET('/api/v1/reject-reasons')),
    staleTime: Infinity,
  });
  const [id, setId] = useState(samples[0]?.id ?? '');
  const [reason, setReason] = useState('');
  const [note, setNote] = useState('');
  const [recollect, setRecollect] = useState(true);
  const sample = samples.find((s) => s.id === id);
  const save = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/samples/{id}/reject', {
          params: { path: { id } },
          body: { reason, recollect, versions: sample?.versions ?? '', ...(note ? { note } : {}) },
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
      title={t('collect.rejectTitle')}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        {samples.length > 1 && (
          <Pick
            label={t('collect.tube')}
            value={id}
            onChange={setId}
            options={samples.map((s) => ({ value: s.id, label: `${s.accession} · ${s.text}` }))}
          />
        )}
        <Pick
          label={t('collect.reason')}
          value={reason}
          onChange={setReason}
          options={[
            { value: '', label: t('act.choose') },
            ...(reasons.data?.reasons ?? []).map((r) => ({
              value: r.code,
              label: t(`reject.${r.code}`, { defaultValue: r.text }),
            })),
          ]}
        />
        <Text label={t('collect.note')} value={note} onChange={setNote} />
        <Check
          label={t('collect.recollect')}
          checked={recollect}
          onChange={(e) => setRecollect(e.currentTarget.checked)}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button data-autofocus onClick={onClose}>
            {t('act.cancel')}
          </Button>
          <Button look="danger" disabled={!reason} busy={save.isPending} onClick={() => save.mutate()}>
            {t('collect.rejectDo')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
