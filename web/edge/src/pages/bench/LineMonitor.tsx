import { useNavigate, useSearch } from '@tanstack/react-router';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { clock, ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Flag } from '@jaanch/shared/ui/Flag';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { IconActivity, IconArrowLeft, IconArrowRight, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { linkText } from './InstrumentsPage';

/** LineMonitor shows one message across four columns: bytes, frames, records, observations. Holding freezes the view, never the line. */
export function LineMonitor({ instrument }: { instrument: S['Instrument'] }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: '/bench/instruments' });
  const [held, setHeld] = useState<number | null>(null);
  const list = useQuery({
    queryKey: ['messages', instrument.id],
    queryFn: () =>
      must(
        api.GET('/api/v1/instruments/{id}/messages', { params: { path: { id: instrument.id }, query: { limit: 30 } } }),
      ),
  });
  const newest = list.data?.messages[0]?.id;
  const id = search.message ?? held ?? newest;
  const message = useQuery({
    queryKey: ['message', id],
    queryFn: () => must(api.GET('/api/v1/messages/{id}', { params: { path: { id: id ?? 0 } } })),
    enabled: id !== undefined,
    placeholderData: keepPreviousData,
  });
  const toggle = (): void => setHeld(held === null ? (newest ?? null) : null);
  useKeys([{ keys: ' ', label: t('line.hold'), run: toggle }]);
  return (
    <>
      <div className="tools" style={{ borderTop: '1px solid var(--line)', minHeight: 40 }}>
        <span className="strong">{t('line.title')}</span>
        <span className="sec small nowrap">
          {[instrument.name, linkText(instrument.link)].filter(Boolean).join(' · ')}
        </span>
        <span className={held === null && !search.message ? 'chip released' : 'chip'}>
          <IconActivity size={13} aria-hidden />
          {held === null && !search.message ? t('line.live') : t('line.held')}
        </span>
        <span className="grow" />
        <select
          className="input"
          style={{ width: 'auto', minHeight: 28 }}
          aria-label={t('line.message')}
          value={id ?? ''}
          onChange={(e) =>
            void navigate({
              to: '/bench/instruments',
              search: { id: instrument.id, message: Number(e.currentTarget.value) },
            })
          }
        >
          {list.data?.messages.map((m) => (
            <option
              key={m.id}
              value={m.id}
            >{`${clock(ms(m.at) ?? 0)} · ${t(`line.kind.${m.kind}`)} · ${m.samples.join(', ')}`}</option>
          ))}
        </select>
        <Button
          size="small"
          keys=" "
          icon={held === null ? <IconPlayerPause size={14} aria-hidden /> : <IconPlayerPlay size={14} aria-hidden />}
          onClick={() => {
            toggle();
            if (search.message) void navigate({ to: '/bench/instruments', search: { id: instrument.id } });
          }}
        >
          {held === null && !search.message ? t('line.hold') : t('line.follow')}
        </Button>
      </div>
      <div className="fill scroll" data-testid="line-monitor">
        {(list.error ?? message.error) && <Fault error={list.error ?? message.error} />}
        {list.data?.messages.length === 0 && <Empty>{t('line.empty')}</Empty>}
        {message.data && <Columns message={message.data} title={stamp(ms(message.data.line.at) ?? 0, i18n.language)} />}
      </div>
    </>
  );
}

function Columns({ message: m, title }: { message: S['Message']; title: string }) {
  const { t } = useTranslation();
  const [lit, setLit] = useState<number | null>(null);
  const mark = (record: number): string => (record >= 0 && record === lit ? 'cell lit' : 'cell');
  return (
    <div className="mon" title={title}>
      <div>
        <div className="h">
          {t('line.bytes')}{' '}
          <span className="sec small">{t('line.inOut', { in: m.line.bytes_in, out: m.line.bytes_out })}</span>
        </div>
        {m.chunks.map((c, i) => (
          <div key={`${c.at}-${i}`} className={`${mark(c.record)} bytes row top`} onMouseEnter={() => setLit(c.record)}>
            {c.dir === 'in' ? (
              <IconArrowLeft size={12} className="dim" aria-label={t('line.in')} />
            ) : (
              <IconArrowRight size={12} className="tone-accent" aria-label={t('line.out')} />
            )}
            <span title={c.hex}>{c.text}</span>
          </div>
        ))}
      </div>
      <div>
        <div className="h">{t('line.frames')}</div>
        {m.chunks.map((c, i) => (
          <div key={`${c.at}-${i}`} className={`${mark(c.record)} ${c.dir === 'out' ? 'tone-accent' : ''}`}>
            {c.label ?? ''}
          </div>
        ))}
      </div>
      <div>
        <div className="h">{t('line.records')}</div>
        {m.records.map((r, i) => (
          <div key={`${r.type}-${i}`} className={mark(i)} onMouseEnter={() => setLit(i)}>
            <span className="strong tone-accent">{r.type}</span> <span className="mono small">{r.text}</span>
          </div>
        ))}
      </div>
      <div style={{ borderRight: 0 }}>
        <div className="h">{t('line.observations')}</div>
        {m.observations.map((o) => (
          <div key={o.id} className="cell">
            <div className="row between">
              <span className="strong">{o.test ?? o.test_name ?? o.test_code}</span>
              <span className="num">{`${o.value} ${o.unit}`}</span>
            </div>
            <div className="row small sec">
              <Flag code={o.flag} />
              {t(`observation.${o.state}`)}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
