import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Fault } from '@jaanch/shared/ui/Notice';
import { IconPlayerPause, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { takeUp } from './keeper';

/** useDrafts are the visits that were begun and not saved, of everybody at the desk. */
export function useDrafts() {
  return useQuery({
    queryKey: ['visitdrafts'],
    queryFn: () => must(api.GET('/api/v1/visits/drafts')),
    gcTime: 0,
    staleTime: 0,
  });
}

/** LeftDrafts lists what somebody began and left, with who and when; one press goes on with it. */
export function LeftDrafts({ drafts }: { drafts: S['KeptDraft'][] }) {
  const { t } = useTranslation();
  if (drafts.length === 0) return null;
  return (
    <section className="panel" style={{ flex: 'none' }} aria-label={t('draft.left')} data-testid="left-drafts">
      <header>
        <IconPlayerPause size={16} stroke={1.75} aria-hidden />
        <h2>{t('draft.left')}</h2>
      </header>
      <ul>
        {drafts.map((d) => (
          <Left key={d.id} draft={d} />
        ))}
      </ul>
    </section>
  );
}

function Left({ draft: d }: { draft: S['KeptDraft'] }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const [sure, setSure] = useState(false);
  const refresh = (): void => void queries.invalidateQueries({ queryKey: ['visitdrafts'] });
  const take = useMutation({ mutationFn: () => takeUp(d), onSettled: refresh });
  const drop = useMutation({
    mutationFn: async () => {
      await api.DELETE('/api/v1/visits/drafts/{id}', { params: { path: { id: d.id } } });
    },
    onSettled: refresh,
  });
  const at = ms(d.at) ?? now;
  return (
    <li className="listrow" data-testid="left-draft">
      <div className="grow" style={{ minWidth: 0 }}>
        <div className="cut">
          <span className="strong">{d.fields.name ?? t('draft.noName')}</span>
          {d.items.length > 0 && <span className="sec">{` · ${d.items.map((i) => i.code).join(', ')}`}</span>}
        </div>
        <div className="small sec" title={stamp(at, i18n.language)}>
          {t('draft.by', { who: d.mine ? t('draft.you') : d.by, when: ago(at, now, t) })}
        </div>
      </div>
      {sure ? (
        <>
          <Button size="small" look="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
            {t('draft.discardSure')}
          </Button>
          <Button size="small" onClick={() => setSure(false)}>
            {t('act.cancel')}
          </Button>
        </>
      ) : (
        <>
          <Button
            size="small"
            look="plain"
            aria-label={t('draft.discard')}
            icon={<IconTrash size={15} stroke={1.75} aria-hidden />}
            onClick={() => setSure(true)}
          />
          <Button size="small" busy={take.isPending} onClick={() => take.mutate()} data-testid="take-draft">
            {t('draft.goOn')}
          </Button>
        </>
      )}
      {(take.error ?? drop.error) && <Fault error={take.error ?? drop.error} />}
    </li>
  );
}
