import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

/** ApproveDialog binds a sender to an analyzer. Until then its results wait in the inbox, whatever id they carry. */
export function ApproveDialog({
  sender,
  instruments,
  onClose,
}: {
  sender: S['Sender'];
  instruments: S['Instrument'][];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [target, setTarget] = useState('');
  const [name, setName] = useState(sender.identity);
  const [profile, setProfile] = useState(sender.profile);
  const [again, setAgain] = useState(true);
  const profiles = useQuery({
    queryKey: ['profiles'],
    queryFn: () => must(api.GET('/api/v1/profiles')),
    staleTime: Infinity,
  });
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/instruments/approve', {
          params: { header: { 'Idempotency-Key': key } },
          body: {
            sender_id: sender.id,
            file_waiting: again,
            ...(target
              ? { instrument_id: target }
              : {
                  new: {
                    name,
                    profile,
                    link: { kind: 'tcp_server' as const, address: sender.address },
                    enabled: true,
                    host_query: true,
                    window_days: 7,
                    short_ids: false,
                  },
                }),
          },
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
      title={t('instr.approveTitle', { name: sender.identity || sender.address })}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <Pick
          label={t('instr.bind')}
          value={target}
          onChange={setTarget}
          options={[{ value: '', label: t('instr.new') }, ...instruments.map((i) => ({ value: i.id, label: i.name }))]}
        />
        {!target && (
          <>
            <Text label={t('instr.name')} value={name} onChange={setName} />
            <Pick
              label={t('instr.profile')}
              value={profile}
              onChange={setProfile}
              options={(
                profiles.data?.profiles ?? [
                  { name: profile, vendor: '', models: '', protocol: 'astm', host_query: false },
                ]
              ).map((p) => ({ value: p.name, label: [p.name, p.vendor, p.models].filter(Boolean).join(' · ') }))}
            />
          </>
        )}
        {sender.nameless && <p className="sec small">{t('instr.nameless')}</p>}
        <Check label={t('instr.fileWaiting')} checked={again} onChange={(e) => setAgain(e.currentTarget.checked)} />
        {go.error && <Fault error={go.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look="primary"
            disabled={!target && (!name.trim() || !profile)}
            busy={go.isPending}
            onClick={() => go.mutate()}
          >
            {t('instr.approve')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
