import './today.css';
import { Link, useNavigate } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { due, longDay, ms } from '@jaanch/shared/lab/when';
import { Histogram } from '@jaanch/shared/ui/charts';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { SkeletonRows } from '@jaanch/shared/ui/Rows';
import { Priority } from '@jaanch/shared/ui/State';
import {
  IconAlertTriangle,
  IconBell,
  IconChecks,
  IconCircleCheck,
  IconClipboardList,
  IconClockExclamation,
  IconDroplet,
  IconHandStop,
  IconInbox,
  IconMicroscope,
  IconSend,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { CriticalCalls } from './CriticalCalls';
import { HeatMap } from './HeatMap';

/** TodayPage shows the lab's day: where the work stands, what is late, whom to call, what needs someone. */
export function TodayPage() {
  const { t, i18n } = useTranslation();
  const now = useNow();
  useHeading(t('today.title'), longDay(now, i18n.language));
  const query = useQuery({ queryKey: ['today'], queryFn: () => must(api.GET('/api/v1/today')) });
  const d = query.data;
  useKeys([]);
  if (!d && query.error) {
    return (
      <div className="page">
        <Fault error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  }
  return (
    <div className="scrolls">
      <div className="today">
        <Flow counts={d?.counts} />
        <Late data={d} now={now} />
        <div className="panel">
          <CriticalCalls
            values={d?.critical ?? []}
            open={d?.critical_open ?? 0}
            closed={d?.critical_closed ?? 0}
            now={now}
          />
          <Needs needs={d?.needs ?? []} />
        </div>
        <section className="panel hide-s">
          <header style={{ borderBottom: 0 }}>
            <h2>{t('today.byHour')}</h2>
            <span className="sec small">{t('today.byHourHint')}</span>
          </header>
          <div className="body" style={{ paddingTop: 0 }}>
            {d && <HeatMap rows={d.hours} firstHour={d.first_hour} now={new Date(now).getHours()} />}
          </div>
        </section>
        <section className="panel hide-s">
          <header style={{ borderBottom: 0 }}>
            <h2>{t('today.turnaround')}</h2>
            <span className="sec small">{t('today.routine')}</span>
            <span className="grow" />
            {d && d.turnaround.median_min > 0 && (
              <span className="small num">
                {t('today.median', {
                  median: hours(d.turnaround.median_min, t),
                  percent: (d.turnaround.in_target_permille / 10).toFixed(1),
                })}
              </span>
            )}
          </header>
          <div className="body" style={{ paddingTop: 0 }}>
            {d && d.turnaround.buckets.some((b) => b > 0) ? (
              <Histogram
                buckets={d.turnaround.buckets}
                stepMin={30}
                targetMin={d.turnaround.target_min}
                target={t('today.target', { span: hours(d.turnaround.target_min, t) })}
                hour={(n) => (n === 0 ? '0' : t('when.hours', { n }))}
              />
            ) : (
              <Empty>{t('today.noTurnaround')}</Empty>
            )}
          </div>
        </section>
      </div>
    </div>
  );
}

type T = ReturnType<typeof useTranslation>['t'];

function hours(minutes: number, t: T): string {
  const h = Math.floor(minutes / 60);
  const m = minutes % 60;
  if (h === 0) return t('when.minutes', { n: m });
  return m === 0 ? t('when.hours', { n: h }) : t('when.hoursMinutes', { h, m: String(m).padStart(2, '0') });
}

function Flow({ counts }: { counts: S['DayCounts'] | undefined }) {
  const { t } = useTranslation();
  const c = counts;
  const steps = [
    {
      to: '/reception/visits',
      icon: IconClipboardList,
      what: 'ordered',
      n: c?.ordered,
      note: t('today.thisHour', { count: c?.ordered_this_hour ?? 0 }),
    },
    {
      to: '/collection',
      icon: IconDroplet,
      what: 'toCollect',
      n: c?.to_collect,
      note: c?.longest_wait_min ? t('today.longest', { n: c.longest_wait_min }) : '',
    },
    { to: '/bench/receive', icon: IconInbox, what: 'toReceive', n: c?.to_receive, note: '' },
    {
      to: '/bench',
      icon: IconMicroscope,
      what: 'atBench',
      n: c?.at_bench,
      note: c ? t('today.onAnalyzers', { count: c.on_analyzers }) : '',
    },
    {
      to: '/verify',
      icon: IconHandStop,
      what: 'held',
      n: c?.held,
      note: c?.held_critical ? t('today.critical', { count: c.held_critical }) : '',
    },
    { to: '/verify', icon: IconChecks, what: 'toSign', n: c?.to_sign, note: t('today.nothingHeld') },
    { to: '/reports', icon: IconCircleCheck, what: 'released', n: c?.released, note: '' },
    {
      to: '/reports',
      icon: IconSend,
      what: 'delivered',
      n: c?.delivered,
      note: c?.reports_to_print ? t('today.toPrint', { count: c.reports_to_print }) : '',
    },
  ];
  return (
    <div className="panel flow" style={{ display: 'grid' }} data-testid="flow">
      {steps.map((s) => (
        <Link key={s.what} to={s.to}>
          <div className={s.what === 'held' ? 'what tone-held' : 'what'}>
            <s.icon size={14} stroke={1.75} aria-hidden />
            {t(`today.step.${s.what}`)}
          </div>
          <div className="n">{s.n ?? '–'}</div>
          <div className="note cut">{s.note}</div>
        </Link>
      ))}
    </div>
  );
}

function Late({ data, now }: { data: S['Today'] | undefined; now: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return (
    <section className="panel">
      <header>
        <IconClockExclamation size={16} stroke={1.75} className="tone-high" aria-hidden />
        <h2>{t('today.late')}</h2>
        <span className="sec small hide-s">{t('today.lateHint')}</span>
        <span className="grow" />
        {data && data.late_count > 0 && (
          <span className="tone-high strong small nowrap">{t('today.lateCount', { count: data.late_count })}</span>
        )}
        {data && (
          <span className="tone-delta strong small nowrap">{t('today.dueSoon', { count: data.due_in_30_min })}</span>
        )}
      </header>
      <div className="fill scroll">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('col.labNo')}</th>
              <th scope="col" className="hide-s">
                {t('col.patient')}
              </th>
              <th scope="col">{t('col.tests')}</th>
              <th scope="col" className="hide-s">
                {t('col.where')}
              </th>
              <th scope="col" className="right">
                {t('col.time')}
              </th>
            </tr>
          </thead>
          <tbody>
            {!data && <SkeletonRows rows={8} columns={5} />}
            {data?.late.map((r) => {
              const d = due(ms(r.due_at) ?? now, now, t);
              return (
                <tr
                  key={r.sample_id}
                  className="go"
                  onClick={() => void navigate({ to: '/bench', search: { sample: r.sample_id } })}
                >
                  <td>
                    <LabNo value={r.accession} />
                  </td>
                  <td className="sec nowrap hide-s">{sexAge(r, t)}</td>
                  <td className="med">
                    <span className="row">
                      <Priority value={r.priority} />
                      {r.panels.join(', ')}
                    </span>
                  </td>
                  <td className="sec hide-s">{t(`where.${r.where}`, { ...r.params, defaultValue: r.where })}</td>
                  <td className={`right strong nowrap tone-${d.tone}`}>{d.text}</td>
                </tr>
              );
            })}
            {data?.late.length === 0 && (
              <tr>
                <td colSpan={5} style={{ borderBottom: 0 }}>
                  <Empty>{t('today.nothingLate')}</Empty>
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Needs({ needs }: { needs: S['Need'][] }) {
  const { t } = useTranslation();
  return (
    <section>
      <header
        className="row"
        style={{ padding: '8px 12px', borderBottom: '1px solid var(--line)', borderTop: '1px solid var(--line)' }}
      >
        <IconBell size={16} stroke={1.75} aria-hidden />
        <h2 style={{ fontSize: 13 }}>{t('today.needs')}</h2>
      </header>
      <ul className="col" style={{ padding: 12, gap: 10, fontSize: 13 }}>
        {needs.map((n) => (
          <li key={n.code + n.text} className="row">
            <IconAlertTriangle size={15} stroke={1.75} className="tone-delta" aria-hidden />
            <Link to={n.link} style={{ color: 'var(--text)' }}>
              {t(`need.${n.code}`, { ...n.params, defaultValue: n.text })}
            </Link>
          </li>
        ))}
        {needs.length === 0 && <li className="sec">{t('today.noNeeds')}</li>}
      </ul>
    </section>
  );
}
