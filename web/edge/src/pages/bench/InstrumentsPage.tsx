import './bench.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, span, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { MiniLine } from '@jaanch/shared/ui/charts';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Notice } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconPlugConnectedX,
  IconPlugOff,
  IconPointFilled,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { useCan } from '../../session';
import { ApproveDialog } from './ApproveDialog';
import { InboxList } from './Inbox';
import { LineMonitor } from './LineMonitor';
import { Orders } from './Orders';

const looks: Record<S['Instrument']['state'], { icon: typeof IconCircleCheck; tone: string }> = {
  talking: { icon: IconCircleCheck, tone: 'tone-released' },
  idle: { icon: IconCircleCheck, tone: 'tone-released' },
  silent: { icon: IconAlertTriangle, tone: 'tone-delta' },
  down: { icon: IconPlugConnectedX, tone: 'tone-high' },
  off: { icon: IconPlugOff, tone: 'tone-rejected' },
  never: { icon: IconPointFilled, tone: 'tone-calm' },
};

/** InstrumentsPage shows every analyzer with its state in words, the line itself, and what found no home. */
export function InstrumentsPage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('nav.instruments'), true);
  const navigate = useNavigate();
  const can = useCan();
  const search = useSearch({ from: '/bench/instruments' });
  const [only, setOnly] = useState<'all' | 'needs'>('all');
  const [approving, setApproving] = useState<S['Sender'] | null>(null);
  const list = useQuery({
    queryKey: ['instruments'],
    queryFn: () => must(api.GET('/api/v1/instruments')),
    refetchInterval: 20_000,
  });
  const all = list.data?.instruments ?? [];
  const needs = all.filter((i) => i.state === 'silent' || i.state === 'down' || i.problem || i.unmapped_codes > 0);
  const shown = only === 'needs' ? needs : all;
  const id = search.id ?? shown[0]?.id;
  const chosen = all.find((i) => i.id === id);
  return (
    <div className="screen with-inspector">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('col.state')}
            value={only}
            onChange={setOnly}
            options={[
              { value: 'all', label: t('act.all'), count: all.length },
              { value: 'needs', label: t('instr.needs'), count: needs.length },
            ]}
          />
          <span className="grow" />
          <Button
            disabled={!can('approveSender')}
            why={can('approveSender') ? undefined : t('why.permission')}
            onClick={() => void navigate({ to: '/setup/connect' })}
          >
            {t('instr.add')}
          </Button>
        </div>
        <div className="scroll" style={{ maxHeight: '46%', flex: 'none' }}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('instr.name')}</th>
                <th scope="col" className="hide-s">
                  {t('instr.section')}
                </th>
                <th scope="col" className="hide-s">
                  {t('instr.link')}
                </th>
                <th scope="col">{t('col.state')}</th>
                <th scope="col">{t('instr.last')}</th>
                <th scope="col" className="right">
                  {t('instr.today')}
                </th>
                <th scope="col" className="right">
                  {t('instr.waiting')}
                </th>
                <th scope="col">{t('instr.byHour')}</th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                rows={5}
                columns={8}
                isEmpty={() => shown.length === 0}
                empty={<Empty>{t('instr.empty')}</Empty>}
              >
                {() =>
                  shown.map((i) => (
                    <InstrumentRow
                      key={i.id}
                      instrument={i}
                      selected={i.id === id}
                      onOpen={() => void navigate({ to: '/bench/instruments', search: { id: i.id } })}
                    />
                  ))
                }
              </Rows>
            </tbody>
          </table>
          {list.data?.senders.map((s) => (
            <div key={s.id} style={{ padding: '8px 12px 0' }} data-testid="sender">
              <Notice
                side
                tone="delta"
                title={t('instr.unknown', { name: s.identity || s.address })}
                action={
                  <Button
                    size="small"
                    disabled={!can('approveSender')}
                    why={can('approveSender') ? undefined : t('why.permission')}
                    onClick={() => setApproving(s)}
                  >
                    {t('instr.approve')}
                  </Button>
                }
              >
                {t('instr.unknownText', { address: s.address, protocol: s.protocol.toUpperCase(), count: s.results })}
              </Notice>
            </div>
          ))}
        </div>
        {chosen && (
          <div className="tools" style={{ borderTop: '1px solid var(--line)', minHeight: 44 }}>
            <Segments
              label={t('instr.look')}
              value={search.look ?? 'line'}
              onChange={(look) =>
                void navigate({
                  to: '/bench/instruments',
                  search: { id: chosen.id, look: look === 'line' ? undefined : look },
                })
              }
              options={[
                { value: 'line', label: t('line.title') },
                { value: 'orders', label: t('orders.title'), count: chosen.queued_orders + chosen.refused_orders },
              ]}
            />
            <span className="sec small cut">{chosen.name}</span>
            {chosen.refused_orders > 0 && (
              <span className="chip high">{t('orders.refusedN', { count: chosen.refused_orders })}</span>
            )}
          </div>
        )}
        {!chosen && <div className="fill" />}
        {chosen && search.look === 'orders' && <Orders key={chosen.id} instrument={chosen} />}
        {chosen && search.look !== 'orders' && <LineMonitor key={chosen.id} instrument={chosen} />}
      </div>
      <aside className="pane inspector closed" aria-label={t('nav.unmatched')}>
        <div className="insp-head">
          <h2>{t('nav.unmatched')}</h2>
          <p className="small sec">{t('inbox.text')}</p>
        </div>
        <div className="insp-body fill scroll">
          <InboxList />
        </div>
      </aside>
      {approving && <ApproveDialog sender={approving} instruments={all} onClose={() => setApproving(null)} />}
    </div>
  );
}

/** linkText says how an analyzer is connected, in one short line. */
export function linkText(l: S['Link']): string {
  if (l.kind === 'serial') return [l.port, l.baud].filter(Boolean).join(' ');
  return l.address ?? l.port ?? 'TCP';
}

function InstrumentRow({
  instrument: i,
  selected,
  onOpen,
}: {
  instrument: S['Instrument'];
  selected: boolean;
  onOpen: () => void;
}) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const look = looks[i.state];
  const last = ms(i.last_message);
  const since = ms(i.since);
  return (
    <tr className="go" aria-selected={selected} onClick={onOpen} data-testid="instrument" data-state={i.state}>
      <td className="strong nowrap">{i.name}</td>
      <td className="sec hide-s">{t(`section.${i.department}`, { defaultValue: i.department })}</td>
      <td className="sec nowrap hide-s">{linkText(i.link)}</td>
      <td>
        <span className={`state ${look.tone}`}>
          <look.icon size={15} stroke={1.75} aria-hidden />
          {i.problem ?? t(`instr.state.${i.state}`, { span: since === null ? '' : span(now - since, t) })}
        </span>
      </td>
      <td className="sec nowrap" title={last === null ? '' : stamp(last, i18n.language)}>
        {last === null ? '–' : ago(last, now, t)}
      </td>
      <td className="right num">{i.today}</td>
      <td className="right num">{i.waiting}</td>
      <td>
        <MiniLine values={i.by_hour} />
      </td>
    </tr>
  );
}
