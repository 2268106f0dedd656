import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { Columns } from './MessageColumns';

/** LiveTape shows what passes on a connection as it passes. Holding freezes the view, never the line. */
export function LiveTape({ chosen, onChoose }: { chosen: string | undefined; onChoose: (id: string) => void }) {
  const { t } = useTranslation();
  const now = useNow();
  const [held, setHeld] = useState<S['Tape'] | null>(null);
  const lines = useQuery({
    queryKey: ['lines'],
    queryFn: () => must(api.GET('/api/v1/lines')),
    refetchInterval: 20_000,
  });
  const devices = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const id = chosen ?? lines.data?.lines[0]?.id;
  const tape = useQuery({
    queryKey: ['tape', id],
    queryFn: () => must(api.GET('/api/v1/lines/{id}/tape', { params: { path: { id: id ?? '' } } })),
    enabled: id !== undefined,
    placeholderData: keepPreviousData,
  });
  const shown = held ?? tape.data;
  const name = (l: S['Line']): string =>
    devices.data?.instruments.find((i) => i.id === l.instrument_id)?.name ?? l.address;
  return (
    <div className="lineparts">
      <div className="linelist">
        <div className="fill scroll" data-testid="lines">
          {lines.data?.lines.length === 0 && <Empty>{t('line.noLines')}</Empty>}
          {lines.data?.lines.map((l) => (
            <button
              key={l.id}
              type="button"
              className="hit"
              aria-current={l.id === id}
              onClick={() => (setHeld(null), onChoose(l.id))}
            >
              <span className="row between">
                <span className="strong">{name(l)}</span>
                <span className={l.closed ? 'chip' : 'chip released'}>{t(`line.state.${l.state}`)}</span>
              </span>
              <span className="row between small sec">
                <span>{`${l.protocol.toUpperCase()} · ${l.address}`}</span>
                <span>{l.heard ? ago(ms(l.heard) ?? now, now, t) : '–'}</span>
              </span>
              {l.problem && <span className="chip delta">{l.problem}</span>}
            </button>
          ))}
        </div>
      </div>
      <div className="linemessage">
        <div className="tools">
          <span className={held ? 'chip' : 'chip released'}>{held ? t('line.held') : t('line.live')}</span>
          <span className="sec small nowrap hide-s">
            {shown && t('line.inOut', { in: shown.line.bytes_in, out: shown.line.bytes_out })}
          </span>
          <span className="sec small nowrap hide-s">
            {shown?.found[0] && `${shown.found[0].name} · ${shown.found[0].confidence} %`}
          </span>
          <span className="grow" />
          <Button
            size="small"
            icon={held ? <IconPlayerPlay size={14} aria-hidden /> : <IconPlayerPause size={14} aria-hidden />}
            onClick={() => setHeld(held ? null : (tape.data ?? null))}
          >
            {held ? t('line.follow') : t('line.hold')}
          </Button>
        </div>
        {(lines.error ?? tape.error) && <Fault error={lines.error ?? tape.error} />}
        <div className="fill scroll" data-testid="tape">
          {shown && (
            <Columns
              chunks={shown.chunks}
              records={shown.records}
              rows={shown.rows.map((r, i) => ({
                key: String(i),
                name: r.name || r.code,
                code: r.code,
                value: `${r.value} ${r.unit}`.trim(),
                flag: r.flag,
                what: t(`connect.roles.${r.role}`, { defaultValue: r.role }),
              }))}
            />
          )}
        </div>
      </div>
    </div>
  );
}
