import { useNavigate } from '@tanstack/react-router';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

/** Merged lists the records that were found to be this person, and takes one out again with a reason. */
export function Merged({ records }: { records: S['MergedRecord'][] }) {
  const { t } = useTranslation();
  const [doing, setDoing] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const undo = useMutation({
    mutationFn: (r: S['MergedRecord']) =>
      must(
        api.POST('/api/v1/patients/{id}/unmerge', {
          params: { path: { id: r.id } },
          body: { versions: r.versions, reason: reason.trim() },
        }),
      ),
    onSuccess: () => {
      setDoing(null);
      setReason('');
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' });
    },
  });
  if (records.length === 0) return null;
  return (
    <section className="panel" data-testid="merged">
      <header>
        <h2>{t('compare.records')}</h2>
      </header>
      <ul>
        {records.map((r) => (
          <li key={r.id} className="listrow">
            <span className="grow">
              <span className="strong">{r.name}</span>
              <span className="sec num">{` · ${r.mrn} · ${t('visitCount', { count: r.visits })}`}</span>
            </span>
            {doing !== r.id && (
              <Button size="small" onClick={() => setDoing(r.id)}>
                {t('compare.undo')}
              </Button>
            )}
            {doing === r.id && (
              <div className="col wide">
                <Text label={t('compare.undoReason')} value={reason} maxLength={200} onChange={setReason} />
                <div className="row" style={{ justifyContent: 'flex-end' }}>
                  <Button size="small" onClick={() => setDoing(null)}>
                    {t('act.cancel')}
                  </Button>
                  <Button
                    size="small"
                    look="danger"
                    disabled={reason.trim().length < 3}
                    busy={undo.isPending}
                    onClick={() => undo.mutate(r)}
                  >
                    {t('compare.undo')}
                  </Button>
                </div>
              </div>
            )}
          </li>
        ))}
      </ul>
      {undo.error && <Fault error={undo.error} />}
    </section>
  );
}

/** MergedInto says that this record was found to be another person's, and leads there. */
export function MergedInto({ id }: { id: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  if (!id) return null;
  return (
    <Notice
      tone="delta"
      title={t('compare.merged')}
      action={
        <Button size="small" onClick={() => void navigate({ to: '/reception/patients/$id', params: { id } })}>
          {t('compare.open')}
        </Button>
      }
    />
  );
}
