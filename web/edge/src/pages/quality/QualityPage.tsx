import './quality.css';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, stamp } from '@jaanch/shared/lab/when';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Segments } from '@jaanch/shared/ui/Segments';
import { QcMark } from '@jaanch/shared/ui/State';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { LeveyJennings } from './LeveyJennings';
import { RunPane } from './RunPane';
import { RunTable } from './RunTable';
import { Legend } from './Legend';

const spans = { 30: '30', 60: '60', 200: '200' } as const;
const needy = ['locked', 'warn', 'stale', 'none'];

/** QualityPage shows how every test stands on every analyzer, its chart, and the way out of a lock. J K, arrows. */
export function QualityPage() {
  const { t } = useTranslation();
  useHeading(t('qc.title'), t('quality.chart'), true);
  const navigate = useNavigate();
  const search = useSearch({ from: '/quality' });
  const board = useQuery({ queryKey: ['quality'], queryFn: () => must(api.GET('/api/v1/quality')) });
  const all = board.data?.tests ?? [];
  const sorted = [...all].sort((a, b) => rank(a) - rank(b));
  const shown = search.instrument ? sorted.filter((b) => b.instrument_id === search.instrument) : sorted;
  const open =
    shown.find((b) => b.test_id === search.test && (!search.at || b.instrument_id === search.at)) ?? shown[0];
  const go = (b: S['BoardTest'] | undefined): void => {
    if (b) void navigate({ to: '/quality', search: { ...search, test: b.test_id, at: b.instrument_id } });
  };
  const step = (by: number): void => go(shown[shown.findIndex((b) => b === open) + by]);
  useKeys([
    { keys: 'j', label: t('quality.nextTest'), run: () => step(1) },
    { keys: 'k', label: t('quality.previousTest'), run: () => step(-1) },
  ]);
  const analyzers = [...new Map(all.map((b) => [b.instrument_id, b.instrument]))];
  return (
    <div className="screen three">
      <div className="pane side">
        <div className="tools" style={{ padding: '8px 12px', background: 'none' }}>
          <select
            className="input"
            aria-label={t('instr.name')}
            value={search.instrument ?? ''}
            onChange={(e) =>
              void navigate({ to: '/quality', search: { instrument: e.currentTarget.value || undefined } })
            }
          >
            <option value="">{t('quality.everyAnalyzer')}</option>
            {analyzers.map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="fill scroll board" data-testid="quality-board">
          {board.error && !board.data && <Fault error={board.error} onRetry={() => void board.refetch()} />}
          <Part
            title={t('quality.needs')}
            tests={shown.filter((b) => needy.includes(b.state))}
            open={open}
            onOpen={go}
          />
          <Part
            title={t('quality.inControl')}
            tests={shown.filter((b) => b.state === 'open')}
            open={open}
            onOpen={go}
          />
          {board.data && all.length === 0 && (
            <Empty action={<Link to="/quality/controls">{t('quality.setUp')}</Link>}>{t('quality.empty')}</Empty>
          )}
        </div>
        <footer className="foot">
          <span className="grow num">
            {t('quality.count', { count: all.length, open: all.filter((b) => b.state === 'open').length })}
          </span>
          <KeyHint keys={['j', 'k']}>{t('col.test')}</KeyHint>
        </footer>
      </div>
      {open ? (
        <Chart key={`${open.instrument_id}${open.test_id}`} of={open} />
      ) : (
        <div className="pane" style={{ gridColumn: 'span 2' }}>
          <Empty>{t('quality.choose')}</Empty>
        </div>
      )}
    </div>
  );
}

function rank(b: S['BoardTest']): number {
  const at = needy.indexOf(b.state);
  return at < 0 ? needy.length : at;
}

function Part(props: {
  title: string;
  tests: S['BoardTest'][];
  open: S['BoardTest'] | undefined;
  onOpen: (b: S['BoardTest']) => void;
}) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  if (props.tests.length === 0) return null;
  return (
    <>
      <h3>{props.title}</h3>
      {props.tests.map((b) => {
        const last = ms(b.last);
        return (
          <button
            key={b.instrument_id + b.test_id}
            type="button"
            className="one"
            aria-current={b === props.open}
            onClick={() => props.onOpen(b)}
            data-testid="quality-test"
            data-state={b.state}
          >
            <QcMark state={b.state === 'none' ? 'stale' : b.state} />
            <span className="grow col" style={{ gap: 0 }}>
              <span className="strong cut">{i18n.language === 'hi' && b.test_local ? b.test_local : b.test}</span>
              <span className="small sec cut">{b.instrument}</span>
            </span>
            <span className="small sec nowrap" title={last === null ? '' : stamp(last, i18n.language)}>
              {b.state === 'open' && last !== null ? ago(last, now, t) : t(`quality.state.${b.state}`)}
            </span>
          </button>
        );
      })}
    </>
  );
}

function Chart({ of }: { of: S['BoardTest'] }) {
  const { t, i18n } = useTranslation();
  const [span, setSpan] = useState<keyof typeof spans>(30);
  const [run, setRun] = useState<string>();
  const query = useQuery({
    queryKey: ['quality', of.instrument_id, of.test_id, span],
    queryFn: () =>
      must(
        api.GET('/api/v1/quality/{instrument}/{test}', {
          params: { path: { instrument: of.instrument_id, test: of.test_id }, query: { limit: span } },
        }),
      ),
  });
  const chart = query.data;
  const runs = chart?.runs ?? [];
  const selected = runs.find((r) => r.id === run) ?? runs.at(-1);
  const move = (by: number): void => {
    const next = runs[runs.findIndex((r) => r === selected) + by];
    if (next) setRun(next.id);
  };
  useKeys([
    { keys: 'ArrowLeft', label: t('quality.previousRun'), run: () => move(-1) },
    { keys: 'ArrowRight', label: t('quality.nextRun'), run: () => move(1) },
  ]);
  if (!chart) {
    return (
      <div className="pane" style={{ gridColumn: 'span 2' }}>
        <div className="page">{query.error && <Fault error={query.error} onRetry={() => void query.refetch()} />}</div>
      </div>
    );
  }
  return (
    <>
      <div className="pane">
        <div className="tools">
          <h2 className="cut">{i18n.language === 'hi' && of.test_local ? of.test_local : of.test}</h2>
          <span className="sec small cut">{[chart.unit, of.instrument].filter(Boolean).join(' · ')}</span>
          <span className="grow" />
          <Segments
            label={t('quality.span')}
            value={String(span)}
            onChange={(v) => setSpan(Number(v) as keyof typeof spans)}
            options={Object.values(spans).map((v) => ({ value: v, label: t('quality.runsN', { n: v }) }))}
          />
        </div>
        <div className="fill scroll" role="region" tabIndex={0} aria-label={t('quality.chart')}>
          {chart.levels.map((l) => (
            <section key={l.control_id} className="level">
              <div className="row between small">
                <span>
                  <span className="strong">{t('quality.level', { level: l.level })}</span>{' '}
                  <span className="sec num">
                    {[
                      l.name,
                      t('quality.lot', { lot: l.lot }),
                      l.mean ? t('quality.target', { mean: l.mean, sd: l.sd }) : t('quality.noTarget'),
                    ].join(' · ')}
                  </span>
                </span>
                <span className="sec num hide-s">
                  {l.own_sd
                    ? t('quality.own', { n: l.n, mean: l.own_mean, sd: l.own_sd, cv: l.own_cv ?? '–' })
                    : t('quality.n', { n: l.n })}
                </span>
              </div>
              <LeveyJennings chart={chart} level={l} selected={selected?.id} onSelect={setRun} />
            </section>
          ))}
          {chart.levels.length > 0 && <Legend />}
          {runs.length === 0 && (
            <Empty action={<Link to="/quality/controls">{t('quality.setUp')}</Link>}>{t('quality.noRuns')}</Empty>
          )}
          <RunTable chart={chart} selected={selected?.id} onSelect={setRun} />
        </div>
        <footer className="foot">
          <KeyHint keys={['←', '→']}>{t('quality.runWord')}</KeyHint>
          <span className="grow" />
          <span className="sec small cut">{t('quality.rules', { rules: chart.rules.join(' / ') })}</span>
        </footer>
      </div>
      <RunPane key={`${of.instrument_id}${of.test_id}`} of={of} chart={chart} run={selected} />
    </>
  );
}
