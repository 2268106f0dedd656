import { useNavigate } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Area } from '@jaanch/shared/ui/Field';
import { Empty, Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries } from '../api';
import { Delivery } from './Delivery';

/** Talks are the conversations with people who wrote back; WhatsApp takes a free answer for 24 hours. */
export function Talks({ contact }: { contact?: string | undefined }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const list = useQuery({
    queryKey: ['talks'],
    queryFn: () => must(api.GET('/api/v1/conversations')),
    refetchInterval: 10_000,
  });
  if (list.error) return <Fault error={list.error} onRetry={() => void list.refetch()} />;
  if (list.data?.conversations.length === 0) return <Empty>{t('out.noTalks')}</Empty>;
  return (
    <div className="talks">
      <ul className={`talklist ${contact ? 'hide-s' : ''}`} aria-label={t('out.talks')}>
        {list.data?.conversations.map((c) => (
          <li key={c.contact}>
            <button
              type="button"
              aria-current={c.contact === contact}
              onClick={() => void navigate({ to: '/messages', search: { view: 'talks', contact: c.contact } })}
            >
              <span className="row">
                <span className="strong num grow">{c.who}</span>
                {c.unread > 0 && <span className="pill accent">{c.unread}</span>}
              </span>
              <span className="sec clip">{c.last.text || c.last.kind}</span>
              <span className="sec num">{stamp(ms(c.last.at) ?? 0, i18n.language)}</span>
            </button>
          </li>
        ))}
      </ul>
      {contact ? <Talk key={contact} contact={contact} /> : <Empty>{t('out.pickTalk')}</Empty>}
    </div>
  );
}

function Talk({ contact }: { contact: string }) {
  const { t, i18n } = useTranslation();
  const [text, setText] = useState('');
  const [key, setKey] = useState(() => crypto.randomUUID());
  const talk = useQuery({
    queryKey: ['talk', contact],
    queryFn: () => must(api.GET('/api/v1/conversations/{contact}', { params: { path: { contact } } })),
    refetchInterval: 5_000,
  });
  const send = useMutation({
    mutationFn: () =>
      api.POST('/api/v1/conversations/{contact}/reply', {
        params: { path: { contact }, header: { 'Idempotency-Key': key } },
        body: { text },
      }),
    onSuccess: () => {
      setText('');
      setKey(crypto.randomUUID());
      void queries.invalidateQueries({ queryKey: ['talk', contact] });
      void queries.invalidateQueries({ queryKey: ['talks'] });
    },
  });
  if (talk.error) return <Fault error={talk.error} onRetry={() => void talk.refetch()} />;
  const d = talk.data;
  if (!d) return null;
  const until = ms(d.open_until);
  return (
    <section className="talk" aria-label={d.who}>
      <ol className="lines scroll">
        {d.lines?.map((l, i) => (
          <li key={i} className={l.mine ? 'mine' : ''}>
            <p>{l.text || l.kind}</p>
            <span className="sec num">{stamp(ms(l.at) ?? 0, i18n.language)}</span>
            {l.mine && l.status && <Delivery status={l.status} code={l.code} />}
          </li>
        ))}
      </ol>
      {until === null ? (
        <Notice tone="held">{t('out.windowClosed')}</Notice>
      ) : (
        <form
          className="reply"
          onSubmit={(e) => {
            e.preventDefault();
            if (text.trim()) send.mutate();
          }}
        >
          <Area
            label={t('out.reply')}
            hint={t('out.openUntil', { at: stamp(until, i18n.language) })}
            value={text}
            onChange={setText}
            maxLength={4096}
            onKeyDown={(e) => {
              if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && text.trim()) send.mutate();
            }}
          />
          {send.error && <Fault error={send.error} />}
          <div className="row" style={{ justifyContent: 'flex-end' }}>
            <Button look="primary" type="submit" keys="Ctrl+Enter" disabled={!text.trim()} busy={send.isPending}>
              {t('out.send')}
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}
