import '../bench/bench.css';
import './line.css';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { clock, day, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { IconDownload, IconEye, IconEyeOff, IconRepeat } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { useCan } from '../../session';
import { LiveTape } from './LiveTape';
import { MessageColumns } from './MessageColumns';
import { ReplayPane } from './ReplayPane';

const kinds = ['result', 'query', 'order', 'qc', 'calibration', 'other'] as const;

/** LinePage is the line, visible: what passes now, and the archive with search, replay and a recording for support. */
export function LinePage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('line.title'));
  const navigate = useNavigate();
  const search = useSearch({ from: '/bench/line' });
  const view = search.view ?? 'archive';
  const go = (next: Partial<typeof search>): void =>
    void navigate({ to: '/bench/line', search: { ...search, ...next } });
  return (
    <div className="screen linepage">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('line.view')}
            value={view}
            onChange={(v) => go({ view: v })}
            options={[
              { value: 'archive', label: t('line.archive') },
              { value: 'live', label: t('line.now') },
            ]}
          />
        </div>
        {view === 'live' ? (
          <LiveTape chosen={search.line} onChoose={(line) => go({ line })} />
        ) : (
          <Archive instrument={search.instrument} message={search.message} onGo={go} />
        )}
      </div>
    </div>
  );
}

function Archive({
  instrument,
  message,
  onGo,
}: {
  instrument: string | undefined;
  message: number | undefined;
  onGo: (next: { instrument?: string | undefined; message?: number | undefined }) => void;
}) {
  const { t, i18n } = useTranslation();
  const [kind, setKind] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [sample, setSample] = useState(''); // never in the address
  const [asked, setAsked] = useState('');
  const [faulty, setFaulty] = useState(false);
  const [before, setBefore] = useState(0);
  const list = useQuery({
    queryKey: ['messages', 'archive', instrument, kind, from, to, asked, faulty, before],
    queryFn: () =>
      must(
        api.POST('/api/v1/archive/search', {
          body: {
            ...(instrument ? { instrument_id: instrument } : {}),
            ...(kind ? { kind: kind as 'result' } : {}),
            ...(from ? { from } : {}),
            ...(to ? { to } : {}),
            ...(asked ? { sample: asked } : {}),
            faulty,
            before,
            limit: 50,
          },
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const devices = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const figures = useQuery({ queryKey: ['lines', 'figures'], queryFn: () => must(api.GET('/api/v1/lines/figures')) });
  const figure = figures.data?.instruments.find((f) => f.instrument_id === instrument);
  const rows = list.data?.messages ?? [];
  const id = message ?? rows[0]?.id;
  return (
    <div className="lineparts">
      <form
        className="linelist"
        onSubmit={(e) => {
          e.preventDefault();
          setBefore(0);
          setAsked(sample.trim());
        }}
      >
        <div className="linefilter">
          <select
            className="input"
            aria-label={t('instr.name')}
            value={instrument ?? ''}
            onChange={(e) => (
              setBefore(0),
              onGo({ instrument: e.currentTarget.value || undefined, message: undefined })
            )}
          >
            <option value="">{t('line.allAnalyzers')}</option>
            {devices.data?.instruments.map((i) => (
              <option key={i.id} value={i.id}>
                {i.name}
              </option>
            ))}
          </select>
          <select
            className="input"
            aria-label={t('line.kindLabel')}
            value={kind}
            onChange={(e) => (setBefore(0), setKind(e.currentTarget.value))}
          >
            <option value="">{t('line.allKinds')}</option>
            {kinds.map((k) => (
              <option key={k} value={k}>
                {t(`line.kind.${k}`)}
              </option>
            ))}
          </select>
          <Text label={t('line.from')} type="date" value={from} onChange={(v) => (setBefore(0), setFrom(v))} />
          <Text label={t('line.to')} type="date" value={to} onChange={(v) => (setBefore(0), setTo(v))} />
          <Text label={t('line.sample')} value={sample} onChange={setSample} autoComplete="off" />
          <Button type="submit">{t('line.search')}</Button>
          <Check
            label={t('line.faulty')}
            checked={faulty}
            onChange={(e) => (setBefore(0), setFaulty(e.currentTarget.checked))}
          />
          {figure && (
            <p className="sec small" data-testid="figure">
              {t('line.figure', { messages: figure.messages, cut: figure.cut, faults: figure.faults })}
            </p>
          )}
        </div>
        {list.error && <Fault error={list.error} onRetry={() => void list.refetch()} />}
        <div className="fill scroll" data-testid="hits">
          {rows.length === 0 && list.data && <Empty>{t('line.none')}</Empty>}
          {rows.map((m) => (
            <button
              key={m.id}
              type="button"
              className="hit"
              aria-current={m.id === id}
              onClick={() => onGo({ message: m.id })}
            >
              <span className="row between">
                <span className="strong">{t(`line.kind.${m.kind}`)}</span>
                <span className="sec small num">
                  {day(ms(m.at) ?? 0, i18n.language)} {clock(ms(m.at) ?? 0)}
                </span>
              </span>
              <span className="small mono">{m.samples.slice(0, 2).join(', ') || '–'}</span>
              <span className="row between small sec">
                <span>{m.instrument.replaceAll('^', ' ')}</span>
                <span>{t('line.rows', { count: m.results })}</span>
              </span>
              {(!m.ended || m.warnings.length > 0) && (
                <span className="chip delta">{m.ended ? m.warnings[0] : t('line.brokeOff')}</span>
              )}
            </button>
          ))}
        </div>
        {(before > 0 || list.data?.next) && (
          <div className="foot">
            {before > 0 && <Button onClick={() => setBefore(0)}>{t('line.newest')}</Button>}
            <span className="grow" />
            {list.data?.next ? <Button onClick={() => setBefore(list.data.next ?? 0)}>{t('line.older')}</Button> : null}
          </div>
        )}
      </form>
      {id ? <MessagePane key={id} id={id} /> : <div className="fill" />}
    </div>
  );
}

function MessagePane({ id }: { id: number }) {
  const { t } = useTranslation();
  const can = useCan();
  const [replaying, setReplaying] = useState(false);
  const message = useQuery({
    queryKey: ['message', id],
    queryFn: () => must(api.GET('/api/v1/messages/{id}', { params: { path: { id } } })),
  });
  const unlock = useMutation({
    mutationFn: () => must(api.POST('/api/v1/messages/{id}/unlock', { params: { path: { id } } })),
  });
  const shown: S['Message'] | undefined = unlock.data ?? message.data;
  const may = can('unlockMessage');
  const share = can('supportRecording');
  return (
    <div className="linemessage">
      <div className="tools">
        <span className="strong nowrap">{shown?.sender.replaceAll('^', ' ') || shown?.address}</span>
        <span className="sec small nowrap hide-s">{shown && `${shown.protocol.toUpperCase()} · ${shown.profile}`}</span>
        <span className="grow" />
        <Button
          size="small"
          icon={shown?.unlocked ? <IconEye size={14} aria-hidden /> : <IconEyeOff size={14} aria-hidden />}
          aria-pressed={shown?.unlocked ?? false}
          disabled={!may}
          why={may ? t('line.unlockWhy') : t('why.permission')}
          busy={unlock.isPending}
          onClick={() => (unlock.data ? unlock.reset() : unlock.mutate())}
        >
          {shown?.unlocked ? t('line.lock') : t('line.unlock')}
        </Button>
        <Button
          size="small"
          icon={<IconRepeat size={14} aria-hidden />}
          aria-pressed={replaying}
          onClick={() => setReplaying(!replaying)}
        >
          {t('line.replay')}
        </Button>
        {share && (
          <a className="btn small" href={`/api/v1/messages/${id}/support.zip`} download title={t('line.supportWhy')}>
            <IconDownload size={14} aria-hidden />
            {t('line.support')}
          </a>
        )}
      </div>
      {(message.error ?? unlock.error) && <Fault error={message.error ?? unlock.error} />}
      <div className="fill scroll" data-testid="line-message">
        {replaying ? <ReplayPane id={id} /> : shown && <MessageColumns message={shown} />}
      </div>
    </div>
  );
}
