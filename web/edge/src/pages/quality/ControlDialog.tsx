import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

/** ControlDialog sets up or changes one level of one lot. */
export function ControlDialog(props: {
  control: S['Control'] | Partial<S['ControlInput']>;
  instruments: S['Instrument'][];
  onClose: () => void;
  onAdded: (id: string) => void;
}) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const old = 'id' in props.control ? props.control : null;
  const [f, setF] = useState<S['ControlInput']>({
    name: '',
    lot: '',
    level: 1,
    sample_text: '',
    active: true,
    ...(old
      ? {
          name: old.name,
          maker: old.maker,
          lot: old.lot,
          level: old.level,
          expiry: old.expiry,
          sample_text: old.sample_text,
          instrument_id: old.instrument_id,
          active: old.active,
          versions: old.versions,
        }
      : props.control),
  });
  const set = (c: Partial<S['ControlInput']>): void => setF((now) => ({ ...now, ...c }));
  const save = useMutation({
    mutationFn: () =>
      old
        ? must(api.PUT('/api/v1/controls/{id}', { params: { path: { id: old.id } }, body: f }))
        : must(api.POST('/api/v1/controls', { params: { header: { 'Idempotency-Key': key } }, body: f })),
    onSuccess: (l) => {
      queries.setQueryData(['controls'], l);
      void queries.invalidateQueries({ queryKey: ['quality'] });
      props.onClose();
      const made = l.controls.find((c) => c.sample_text === f.sample_text.trim() && c.lot === f.lot);
      if (!old && made) props.onAdded(made.id);
    },
  });
  const ready = f.name.trim() && f.lot.trim() && f.sample_text.trim();
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={old ? old.name : t('quality.add')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide" data-testid="control-dialog">
        <div className="cols2">
          <Text label={t('quality.material')} value={f.name} onChange={(name) => set({ name })} data-autofocus />
          <Text label={t('quality.maker')} value={f.maker ?? ''} onChange={(maker) => set({ maker })} />
          <Text label={t('quality.lotWord')} value={f.lot} onChange={(lot) => set({ lot })} />
          <Pick
            label={t('quality.levelWord')}
            value={String(f.level)}
            onChange={(v) => set({ level: Number(v) })}
            options={[1, 2, 3, 4, 5, 6].map((n) => ({ value: String(n), label: String(n) }))}
          />
          <Text
            label={t('quality.sentAs')}
            hint={t('quality.sentAsHint')}
            value={f.sample_text}
            onChange={(sample_text) => set({ sample_text })}
          />
          <Pick
            label={t('instr.name')}
            value={f.instrument_id ?? ''}
            onChange={(v) => set({ instrument_id: v || undefined })}
            options={[
              { value: '', label: t('quality.everyAnalyzer') },
              ...props.instruments.map((i) => ({ value: i.id, label: i.name })),
            ]}
          />
          <Text
            label={t('quality.expiry')}
            type="date"
            value={f.expiry ?? ''}
            onChange={(v) => set({ expiry: v || undefined })}
          />
        </div>
        <Check
          label={t('quality.active')}
          checked={f.active}
          onChange={(e) => set({ active: e.currentTarget.checked })}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={props.onClose}>{t('act.cancel')}</Button>
          <Button look="primary" disabled={!ready} busy={save.isPending} onClick={() => save.mutate()}>
            {t('act.save')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
