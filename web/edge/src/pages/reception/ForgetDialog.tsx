import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { day, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { needsStepUp, StepUp, useStepUp } from '../verify/StepUp';

/**
 * ForgetDialog erases a person after a written request: it says what goes and what stays and why, wants the patient's
 * number typed, and then the node wants to see who sits there. It cannot be undone.
 */
export function ForgetDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const step = useStepUp();
  const [key] = useState(newKey);
  const [typed, setTyped] = useState('');
  const [body, setBody] = useState({ reference: '', override: '' });
  const at = { params: { path: { id } } };
  const preview = useQuery({
    queryKey: ['erasure', id],
    queryFn: () => must(api.GET('/api/v1/patients/{id}/erasure', at)),
    gcTime: 0,
  });
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/patients/{id}/erasure', {
          params: { path: { id }, header: { 'Idempotency-Key': key } },
          body: {
            reference: body.reference.trim(),
            ...(body.override.trim() ? { override: body.override.trim() } : {}),
          },
        }),
      ),
    onError: (err) => step.onError(err, () => go.mutate()),
    onSuccess: () => void queries.invalidateQueries(),
  });
  const p = preview.data;
  const ready = p && typed.trim() === p.mrn && body.reference.trim() && (!p.keep_until || body.override.trim());
  return (
    <>
      <Modal
        opened={step.again === null}
        onClose={onClose}
        size="lg"
        title={go.data ? t('forget.doneTitle') : t('forget.title', { name: p?.name ?? '' })}
        closeButtonProps={{ 'aria-label': t('act.close') }}
      >
        <div className="col wide" data-testid="forget">
          {preview.error && <Fault error={preview.error} onRetry={() => void preview.refetch()} />}
          {go.data ? (
            <Done done={go.data} onClose={onClose} />
          ) : (
            p && (
              <>
                <What preview={p} />
                {p.keep_until && (
                  <Notice tone="held">{t('forget.keep', { date: day(ms(p.keep_until) ?? 0, i18n.language) })}</Notice>
                )}
                <Text
                  label={t('forget.reference')}
                  hint={t('forget.noName')}
                  value={body.reference}
                  onChange={(reference) => setBody({ ...body, reference })}
                  maxLength={80}
                  data-autofocus
                />
                {p.keep_until && (
                  <Text
                    label={t('forget.override')}
                    hint={t('forget.noName')}
                    value={body.override}
                    onChange={(override) => setBody({ ...body, override })}
                    maxLength={200}
                  />
                )}
                <Text
                  label={t('forget.confirm', { mrn: p.mrn })}
                  value={typed}
                  onChange={setTyped}
                  autoComplete="off"
                />
                {go.error && !needsStepUp(go.error) && <Fault error={go.error} />}
                <div className="row" style={{ justifyContent: 'flex-end' }}>
                  <Button onClick={onClose}>{t('act.cancel')}</Button>
                  <Button look="danger" disabled={!ready} busy={go.isPending} onClick={() => go.mutate()}>
                    {t('forget.go')}
                  </Button>
                </div>
              </>
            )
          )}
        </div>
      </Modal>
      <StepUp step={step} />
    </>
  );
}

const list = { listStyle: 'disc', paddingInlineStart: 18, display: 'grid', gap: 6 } as const;

/** What says what goes, what stays, and why. */
function What({ preview: p }: { preview: S['Preview'] }) {
  const { t } = useTranslation();
  return (
    <div className="cols2">
      <div className="col">
        <h3>{t('forget.goes')}</h3>
        <ul style={list}>
          <li>{t('forget.goesName')}</li>
          <li>{t('forget.goesTexts')}</li>
          <li>{t('forget.goesReports', { count: p.reports })}</li>
          <li>{t('forget.goesLines')}</li>
          {p.merged > 0 && <li>{t('forget.goesMerged', { count: p.merged })}</li>}
        </ul>
      </div>
      <div className="col">
        <h3>{t('forget.stays')}</h3>
        <ul style={list}>
          <li>{t('forget.staysResults', { count: p.results })}</li>
          <li>{t('forget.staysBills', { count: p.visits })}</li>
          <li>{t('forget.staysCopies')}</li>
          {p.open > 0 && <li>{t('forget.staysOpen', { count: p.open })}</li>}
        </ul>
      </div>
    </div>
  );
}

function Done({ done, onClose }: { done: S['Erased']; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Notice tone="accent">
        {t('forget.done', { files: done.files, messages: done.messages, sessions: done.sessions })}
      </Notice>
      {done.namesakes > 0 && <Notice tone="held">{t('forget.namesakes', { count: done.namesakes })}</Notice>}
      <p>{t('forget.afterwards')}</p>
      <div className="row" style={{ justifyContent: 'flex-end' }}>
        <Button look="primary" data-autofocus onClick={onClose}>
          {t('act.close')}
        </Button>
      </div>
    </>
  );
}
