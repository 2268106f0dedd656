import { Link } from '@tanstack/react-router';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { clock, ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Area, Text } from '@jaanch/shared/ui/Field';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { State } from '@jaanch/shared/ui/State';
import { IconCheck } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan, useSession } from '../../session';
import { ruleText, zText } from './verdict';

const reasons = ['wrong_level', 'short_sample', 'bubble', 'expired_material'] as const;

/** RunPane says in words what the chart shows: why a test is locked and the way out, or the run that is chosen. */
export function RunPane(props: { of: S['BoardTest']; chart: S['ControlChart']; run: S['ControlRun'] | undefined }) {
  const { t, i18n } = useTranslation();
  const { chart, run, of } = props;
  const can = useCan();
  const [cause, setCause] = useState('');
  const [action, setAction] = useState('');
  const lock = chart.lock;
  const close = useMutation({
    mutationFn: (id: string) =>
      must(
        api.POST('/api/v1/control-runs/{id}/close', {
          params: { path: { id } },
          body: { cause: cause.trim(), action: action.trim() },
        }),
      ),
    onSuccess: () => {
      setCause('');
      setAction('');
      void queries.invalidateQueries();
    },
  });
  const why = !can('closeControlRun')
    ? t('why.permission')
    : !cause.trim() || !action.trim()
      ? t('quality.writeBoth')
      : undefined;
  const off = !lock || lock.closed || why !== undefined;
  useKeys([{ keys: 'mod+Enter', label: t('quality.close'), run: () => !off && close.mutate(lock.run_id) }]);
  const locked = chart.runs.find((r) => r.id === lock?.run_id);
  return (
    <aside
      className="pane inspector"
      aria-label={t('quality.verdict')}
      data-testid="quality-pane"
      data-state={chart.state}
    >
      <div className="insp-body fill scroll">
        {lock && (
          <Notice
            tone="high"
            title={t('quality.lockedSince', {
              test: i18n.language === 'hi' && of.test_local ? of.test_local : of.test,
              at: clock(ms(lock.since) ?? 0),
            })}
          >
            {t('quality.lockedText', { count: lock.waiting })}
          </Notice>
        )}
        {chart.state === 'stale' && <Notice tone="delta">{t('quality.staleText')}</Notice>}
        {lock && (
          <div className="steps">
            <Step n={1} done={lock.closed} now={!lock.closed} title={t('quality.stepCause')}>
              {locked && <Sentences run={locked} />}
              {lock.closed ? (
                <p className="sec">
                  {[locked?.cause, locked?.action, locked?.closed_by_name].filter(Boolean).join(' · ')}
                </p>
              ) : (
                <>
                  <Text
                    label={t('quality.cause')}
                    hint={t('quality.causeHint')}
                    value={cause}
                    onChange={setCause}
                    maxLength={200}
                  />
                  <Area label={t('quality.action')} value={action} onChange={setAction} rows={2} maxLength={400} />
                </>
              )}
            </Step>
            <Step n={2} done={false} now={lock.closed} title={t('quality.stepRun')}>
              <p className="sec">{t('quality.stepRunText')}</p>
            </Step>
            <Step n={3} done={false} now={false} title={t('quality.stepBack', { count: lock.patients.length })}>
              <LookBack lock={lock} />
            </Step>
          </div>
        )}
        {run && <Chosen run={run} chart={chart} />}
        {close.error && <Fault error={close.error} />}
      </div>
      {lock && !lock.closed && (
        <footer className="foot acts">
          <span className="grow sec" style={{ whiteSpace: 'normal' }}>
            {why ?? t('quality.closeNote')}
          </span>
          <Button
            look="primary"
            keys="mod+Enter"
            disabled={off}
            why={why}
            busy={close.isPending}
            onClick={() => close.mutate(lock.run_id)}
            data-testid="close-run"
          >
            {t('quality.close')}
          </Button>
        </footer>
      )}
    </aside>
  );
}

function Step(props: { n: number; done: boolean; now: boolean; title: string; children: ReactNode }) {
  return (
    <div className={`stepn ${props.done ? 'done' : props.now ? 'now' : ''}`}>
      <span className="n">{props.done ? <IconCheck size={13} aria-hidden /> : props.n}</span>
      <div className="col">
        <span className="strong">{props.title}</span>
        {props.children}
      </div>
    </div>
  );
}

/** Sentences say every violated rule in plain words. */
function Sentences({ run }: { run: S['ControlRun'] }) {
  const { t } = useTranslation();
  return (
    <ul className="col" style={{ gap: 4 }}>
      {run.violations.map((v) => (
        <li key={v.rule + v.scope + v.side}>
          <span className="strong num">{v.rule}</span> {ruleText(v.rule, t)}
        </li>
      ))}
    </ul>
  );
}

/** LookBack lists the patients' results since the last accepted run; each leads to its visit. */
function LookBack({ lock }: { lock: S['Lock'] }) {
  const { t } = useTranslation();
  if (lock.patients.length === 0) return <p className="sec">{t('quality.noPatients')}</p>;
  return (
    <table className="table" data-testid="look-back">
      <tbody>
        {lock.patients.map((p) => (
          <tr key={p.item_id}>
            <td>
              <Link to="/reception/visits/$id" params={{ id: p.visit_id }}>
                <LabNo value={p.accession} />
              </Link>
            </td>
            <td className="right num strong">{p.value}</td>
            <td>
              <State state={p.state} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Chosen is the run that the person points at: its rules, its values, and leaving one out by two people. */
function Chosen({ run, chart }: { run: S['ControlRun']; chart: S['ControlChart'] }) {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const me = useSession().user.id;
  const exclude = useMutation({
    mutationFn: (b: { id: string; reason: (typeof reasons)[number] }) =>
      must(
        api.POST('/api/v1/control-results/{id}/exclude', {
          params: { path: { id: b.id } },
          body: { reason: b.reason },
        }),
      ),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['quality'] }),
  });
  return (
    <div className="col" data-testid="chosen-run">
      <span className="sect">{t('quality.runOf', { at: stamp(ms(run.at) ?? 0, i18n.language) })}</span>
      {run.violations.length > 0 ? (
        <Sentences run={run} />
      ) : (
        <p className="sec">{run.status === 'unjudged' ? t('quality.unjudged') : t('quality.noRule')}</p>
      )}
      {run.cause && <p>{t('quality.closedBy', { cause: run.cause, action: run.action, name: run.closed_by_name })}</p>}
      <table className="table">
        <tbody>
          {run.points.map((p) => (
            <tr key={p.id}>
              <td className="nowrap">{t('quality.level', { level: p.level })}</td>
              <td className="right num">
                <span className="strong">{p.value}</span> <span className="sec small">{p.unit}</span>
                {p.num && p.unit && chart.unit && p.unit !== chart.unit && Number(p.num) !== Number(p.value) && (
                  <div className="sec small">{t('quality.converted', { value: p.num, unit: chart.unit })}</div>
                )}
              </td>
              <td className="right num">{zText(p.z)} SD</td>
              <td className="right">
                {p.excluded ? (
                  <span className="sec small">{t(`quality.excludedFor.${p.excluded}`)}</span>
                ) : (
                  <select
                    className="input"
                    style={{ width: 132 }}
                    aria-label={t('quality.exclude')}
                    disabled={!can('excludeControlResult') || (p.proposed !== undefined && p.proposed_by === me)}
                    value=""
                    onChange={(e) => {
                      const reason = reasons.find((r) => r === e.currentTarget.value);
                      if (reason) exclude.mutate({ id: p.id, reason });
                    }}
                  >
                    <option value="">{p.proposed ? t('quality.proposed') : t('quality.exclude')}</option>
                    {reasons
                      .filter((r) => !p.proposed || r === p.proposed)
                      .map((r) => (
                        <option key={r} value={r}>
                          {t(`quality.excludedFor.${r}`)}
                        </option>
                      ))}
                  </select>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small sec">{t('quality.excludeText')}</p>
      {exclude.error && <Fault error={exclude.error} />}
    </div>
  );
}
