import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';
import { useManages } from '../session';

type Status = S['NodeStatus']['status'];

/** NodeDialog tells what happened to a node, and stops it, removes it or lets it go on. The lab itself never stops. */
export function NodeDialog({ node: n, onClose }: { node: S['Node']; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const manages = useManages();
  const why = manages ? undefined : t('why.permission');
  const [note, setNote] = useState('');
  const events = useQuery({
    queryKey: ['node-events', n.id],
    queryFn: () => must(api.GET('/api/v1/nodes/{id}/events', { params: { path: { id: n.id } } })),
  });
  const set = useMutation({
    mutationFn: async (status: Status) => {
      const { error } = await api.POST('/api/v1/nodes/{id}/status', {
        params: { path: { id: n.id } },
        body: { status, note },
      });
      if (error) throw error;
    },
    onSuccess: onClose,
    onSettled: () => void queries.invalidateQueries({ queryKey: ['nodes'] }),
  });
  const [asking, setAsking] = useState(false);
  const lost = useMutation({
    mutationFn: () => must(api.POST('/api/v1/nodes/{id}/rebuild-code', { params: { path: { id: n.id } } })),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ['nodes'] });
      void queries.invalidateQueries({ queryKey: ['node-events', n.id] });
    },
  });
  const act = (status: Status, label: string, danger = false) => (
    <Button
      look={danger ? 'danger' : 'default'}
      disabled={!manages}
      why={why}
      busy={set.isPending}
      onClick={() => set.mutate(status)}
      data-testid={`set-${status}`}
    >
      {label}
    </Button>
  );
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`${n.code} · ${n.lab_name}`}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <dl className="pairs" style={{ gridTemplateColumns: '150px minmax(0, 1fr)', rowGap: 6 }}>
          <dt>{t('hub.stateCol')}</dt>
          <dd>{t(`hub.status.${n.status}`)}</dd>
          <dt>{t('hub.version')}</dt>
          <dd>{n.version || '–'}</dd>
          <dt>{t('hub.entries')}</dt>
          <dd className="num">{n.entries}</dd>
          <dt>{t('hub.clock')}</dt>
          <dd className="num">{t('hub.ms', { n: n.skew_ms })}</dd>
        </dl>
        {n.status === 'forked' && (
          <Notice tone="high" title={t('hub.forkedTitle')}>
            {t('hub.forkedText')}
          </Notice>
        )}
        {n.status === 'active' && !asking && <Notice tone="accent">{t('hub.revokeText')}</Notice>}
        {asking && (
          <Notice tone="high" title={t('hub.lostTitle', { code: n.code })}>
            <p>{t('hub.lostText')}</p>
            {lost.data ? (
              <>
                <div className="code" data-testid="rebuild-code">
                  {lost.data.code}
                </div>
                <p className="small">{t('hub.lostNext', { at: stamp(ms(lost.data.expires) ?? 0, i18n.language) })}</p>
              </>
            ) : (
              <Button look="danger" busy={lost.isPending} onClick={() => lost.mutate()} data-testid="make-rebuild-code">
                {t('hub.lostMake')}
              </Button>
            )}
          </Notice>
        )}
        <Text label={t('hub.nodeWhy')} value={note} maxLength={200} onChange={setNote} />
        {set.error || lost.error ? <Fault error={set.error ?? lost.error} /> : null}
        <section>
          <h3 className="small sec">{t('hub.nodeHistory')}</h3>
          <table className="table compact">
            <tbody>
              {events.data?.events.map((e, i) => (
                <tr key={i}>
                  <td className="sec nowrap">{stamp(ms(e.at) ?? 0, i18n.language)}</td>
                  <td>{t(`hub.event.${e.kind}`)}</td>
                  <td className="sec">{[e.by, e.note].filter(Boolean).join(' · ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose} data-autofocus>
            {t('act.cancel')}
          </Button>
          {!asking && (
            <Button disabled={!manages} why={why} onClick={() => setAsking(true)} data-testid="lost">
              {t('hub.lost')}
            </Button>
          )}
          {n.status === 'active' && act('suspended', t('hub.suspend'))}
          {n.status === 'forked' && act('active', t('hub.survivor'))}
          {(n.status === 'suspended' || n.status === 'revoked') && act('active', t('hub.admit'))}
          {n.status !== 'revoked' && act('revoked', t('hub.revoke'), true)}
        </div>
      </div>
    </Modal>
  );
}
