import './out.css';
import { Modal } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';
import { Delivery } from './Delivery';
import { Talks } from './Talks';

const states = ['all', 'failed', 'dead', 'pending', 'sent'] as const;

/** MessagesPage shows what leaves for patients and services, lets a person mend what failed, and what people wrote back. */
export function MessagesPage() {
  const { t } = useTranslation();
  useHeading(t('out.messages'));
  const navigate = useNavigate();
  const { view, contact } = useSearch({ from: '/messages' });
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('out.messages')}
            value={view ?? 'queue'}
            options={[
              { value: 'queue', label: t('out.queue') },
              { value: 'talks', label: t('out.talks') },
            ]}
            onChange={(v) => void navigate({ to: '/messages', search: { view: v } })}
          />
        </div>
        {view === 'talks' ? <Talks contact={contact} /> : <Queue />}
      </div>
    </div>
  );
}

function Queue() {
  const { t, i18n } = useTranslation();
  const [state, setState] = useState<(typeof states)[number]>('all');
  const [mending, setMending] = useState<S['Leaving'] | null>(null);
  const queue = useQuery({
    queryKey: ['queue', state],
    queryFn: () => must(api.GET('/api/v1/outside/queue', { params: { query: { state } } })),
    refetchInterval: 5_000,
  });
  const count = (s: string): number | undefined =>
    s === 'all' ? undefined : queue.data?.counts.filter((c) => c.state === s).reduce((sum, c) => sum + c.rows, 0);
  return (
    <>
      <div className="tools">
        <Segments
          label={t('hub.stateCol')}
          value={state}
          options={states.map((s) => ({ value: s, label: t(`out.state.${s}`), count: count(s) }))}
          onChange={setState}
        />
      </div>
      <div className="fill scroll">
        <table className="table" data-testid="queue">
          <thead>
            <tr>
              <th scope="col">{t('hub.when')}</th>
              <th scope="col">{t('hub.what')}</th>
              <th scope="col" className="hide-s">
                {t('out.service')}
              </th>
              <th scope="col">{t('hub.stateCol')}</th>
              <th scope="col" className="right hide-s">
                {t('out.tries')}
              </th>
              <th scope="col">
                <span className="vh">{t('out.mend')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <Rows
              query={queue}
              columns={6}
              isEmpty={(q) => q.messages.length === 0}
              empty={<Empty>{t('out.nothing')}</Empty>}
            >
              {(q) =>
                q.messages.map((m) => (
                  <tr key={m.id} data-testid="message">
                    <td className="sec num">{stamp(ms(m.at) ?? 0, i18n.language)}</td>
                    <td className="strong">{t(`out.kind.${m.kind}`, { defaultValue: m.kind })}</td>
                    <td className="hide-s">{t(`out.names.${m.service}`, { defaultValue: m.service })}</td>
                    <td>
                      <Delivery status={m.status} code={m.code} />
                    </td>
                    <td className="right num hide-s">{m.attempts}</td>
                    <td className="right">
                      {(m.state === 'failed' || m.state === 'dead') && (
                        <Button size="small" onClick={() => setMending(m)}>
                          {t('out.mend')}
                        </Button>
                      )}
                    </td>
                  </tr>
                ))
              }
            </Rows>
          </tbody>
        </table>
      </div>
      {mending && <Mend message={mending} onClose={() => setMending(null)} />}
    </>
  );
}

function Mend({ message, onClose }: { message: S['Leaving']; onClose: () => void }) {
  const { t } = useTranslation();
  const [to, setTo] = useState('');
  const toPerson = ['whatsapp', 'twilio', 'sendgrid', 'smtp'].includes(message.service) && message.kind !== 'reply';
  const send = useMutation({
    mutationFn: () =>
      api.POST('/api/v1/outside/queue/{id}/resend', {
        params: { path: { id: message.id } },
        body: to.trim() ? { to: to.trim() } : {},
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['queue'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('out.mendTitle')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <div className="col wide">
        <p>
          <Delivery status={message.status} code={message.code} />
        </p>
        {toPerson && (
          <Text label={t('out.otherAddress')} hint={t('out.otherHint')} value={to} onChange={setTo} data-autofocus />
        )}
        {send.error && <Fault error={send.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button look="primary" busy={send.isPending} onClick={() => send.mutate()}>
            {t('out.sendAgain')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
