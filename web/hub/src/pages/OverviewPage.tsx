import './hub.css';
import { Link, useNavigate } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { fieldName } from '@jaanch/shared/conflict/words';
import { useKept } from '@jaanch/shared/hooks/kept';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { group, inr } from '@jaanch/shared/lab/money';
import { clock, longDay, ms, span } from '@jaanch/shared/lab/when';
import { MiniLine } from '@jaanch/shared/ui/charts';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Empty, Notice } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../api';
import { useOverview } from '../Root';
import { LinkState } from './words';

/** OverviewPage is the owner's morning: six figures, one row a lab, and what waits for a decision. */
export function OverviewPage() {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const overview = useOverview();
  const navigate = useNavigate();
  const d = overview.data;
  useHeading(
    t('hub.overview'),
    d ? t('hub.till', { day: longDay(now, i18n.language), at: clock(ms(d.at) ?? now) }) : undefined,
  );
  const [show, setShow] = useKept<'all' | 'look'>('hub.show', 'all');
  const look = (d?.labs ?? []).filter((l) => l.state !== 'online' || l.conflicts > 0);
  const rows = show === 'look' ? look : (d?.labs ?? []);
  useKeys([{ keys: 'c', label: t('hub.conflicts'), run: () => void navigate({ to: '/conflicts' }) }]);
  return (
    <div className="screen with-inspector">
      <div className="pane">
        <Figures d={d} />
        <div className="tools">
          <Segments
            label={t('hub.labs')}
            value={show}
            onChange={setShow}
            options={[
              { value: 'all', label: t('act.all'), count: d?.labs.length },
              { value: 'look', label: t('hub.needLook'), count: look.length },
            ]}
          />
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('hub.lab')}</th>
                <th scope="col">{t('hub.stateCol')}</th>
                <th scope="col" className="right hide-s">
                  {t('hub.waiting')}
                </th>
                <th scope="col" className="right">
                  {t('hub.visits')}
                </th>
                <th scope="col" className="right hide-s">
                  {t('hub.results')}
                </th>
                <th scope="col" className="right hide-s">
                  {t('hub.reports')}
                </th>
                <th scope="col" className="hide-s">
                  {t('hub.week')}
                </th>
                <th scope="col" className="right">
                  {t('hub.revenue')}
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={overview}
                rows={8}
                columns={8}
                isEmpty={() => rows.length === 0}
                empty={
                  <Empty
                    action={
                      <Link to="/labs" className="btn primary">
                        {t('hub.addLab')}
                      </Link>
                    }
                  >
                    {t('hub.noLabs')}
                  </Empty>
                }
              >
                {() =>
                  rows.map((l) => (
                    <tr
                      key={l.id}
                      className={l.state === 'online' ? 'go' : 'go pastrow'}
                      onClick={() => void navigate({ to: '/labs', search: { lab: l.id } })}
                      data-testid="lab-row"
                      data-state={l.state}
                    >
                      <td>
                        <span className="strong">{l.name}</span> <span className="sec num">{l.codes.join(' ')}</span>
                      </td>
                      <td>
                        <LinkState state={l.state} since={l.offline_since} skewMs={l.skew_ms} />
                      </td>
                      <td className="right num hide-s">{l.pending ?? '–'}</td>
                      <td className="right num">{group(String(l.today.visits))}</td>
                      <td className="right num hide-s">{group(String(l.today.results))}</td>
                      <td className="right num hide-s">{group(String(l.today.reports))}</td>
                      <td className="hide-s">
                        <MiniLine values={l.week.map((w) => w.visits)} width={48} />
                      </td>
                      <td className="right num">{inr(l.today.revenue_paise)}</td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
        <footer className="foot">
          <KeyHint keys={['c']}>{t('hub.conflicts')}</KeyHint>
          <span className="grow" />
          <span>{t('hub.grey')}</span>
        </footer>
      </div>
      <Side labs={look} now={now} />
    </div>
  );
}

function Figures({ d }: { d: S['Overview'] | undefined }) {
  const { t } = useTranslation();
  const change = (a: number, b: number): string =>
    b > 0 ? t('hub.onLastWeek', { percent: `${a >= b ? '+' : '−'}${Math.abs(Math.round(((a - b) / b) * 100))}` }) : '';
  const f = [
    {
      what: t('hub.fig.revenue'),
      n: d ? inr(d.today.revenue_paise) : '–',
      note: d ? change(d.today.revenue_paise, d.same_day_last_week.revenue_paise) : '',
    },
    {
      what: t('hub.fig.visits'),
      n: d?.today.visits,
      note: d ? change(d.today.visits, d.same_day_last_week.visits) : '',
    },
    { what: t('hub.fig.samples'), n: d?.today.samples, note: '' },
    { what: t('hub.fig.results'), n: d?.today.results, note: '' },
    { what: t('hub.fig.reports'), n: d?.today.reports, note: '' },
    { what: t('hub.fig.conflicts'), n: d?.conflicts, note: d && d.conflicts === 0 ? t('hub.nothingWaits') : '' },
  ];
  return (
    <div className="figures" data-testid="figures">
      {f.map((x) => (
        <div key={x.what}>
          <div className="what">{x.what}</div>
          <div className="n">{typeof x.n === 'number' ? group(String(x.n)) : (x.n ?? '–')}</div>
          <div className="note">{x.note}</div>
        </div>
      ))}
    </div>
  );
}

function Side({ labs, now }: { labs: S['LabRow'][]; now: number }) {
  const { t } = useTranslation();
  const open = useQuery({
    queryKey: ['conflicts', 'open'],
    queryFn: () => must(api.GET('/api/v1/conflicts', { params: { query: { state: 'open', limit: 3 } } })),
  });
  const offline = labs.filter((l) => l.state === 'offline');
  return (
    <aside className="pane inspector closed" aria-label={t('hub.decision')}>
      <div className="insp-head row between">
        <div>
          <h2>{t('hub.decision')}</h2>
          <p className="small sec">{t('hub.decisionText')}</p>
        </div>
        <span className={(open.data?.open ?? 0) > 0 ? 'chip delta' : 'chip'}>
          {t('hub.conflictCount', { count: open.data?.open ?? 0 })}
        </span>
      </div>
      <div className="insp-body fill scroll">
        {open.data?.cases.map((c) => (
          <Link
            key={c.id}
            to="/conflicts"
            search={{ id: c.id }}
            className="panel"
            style={{ padding: 12, color: 'var(--text)', fontSize: 13 }}
          >
            <div className="row between">
              <span className="strong cut">{c.title}</span>
              <span className="sec small nowrap">{span(now - (ms(c.at) ?? now), t)}</span>
            </div>
            <div className="sec">
              {t('hub.differ', {
                fields: c.rows
                  .filter((r) => r.disputed)
                  .map((r) => fieldName(r.field, t))
                  .join(', '),
                lab: c.lab,
              })}
            </div>
          </Link>
        ))}
        {open.data?.cases.length === 0 && <p className="sec small">{t('hub.nothingWaits')}</p>}
        {offline.map((l) => (
          <Notice key={l.id} tone="accent" title={t('hub.isOffline', { name: l.name })}>
            {t('hub.worksOn')}
          </Notice>
        ))}
      </div>
    </aside>
  );
}
