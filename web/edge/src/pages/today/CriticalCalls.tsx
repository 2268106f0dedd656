import { ms, span } from '@jaanch/shared/lab/when';
import { Ring } from '@jaanch/shared/ui/charts';
import { Button } from '@jaanch/shared/ui/Button';
import { Flag } from '@jaanch/shared/ui/Flag';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { IconCircleCheck, IconPhoneOutgoing } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { CallDialog } from '../bench/CallDialog';

const ESCALATE_MS = 15 * 60_000;

/** CriticalCalls lists whom to call, with a ring that fills towards the next escalation. */
export function CriticalCalls(props: { values: S['Critical'][]; open: number; closed: number; now: number }) {
  const { t } = useTranslation();
  const [calling, setCalling] = useState<S['Critical'] | null>(null);
  return (
    <section className="fill scroll" data-testid="critical">
      <header className="row" style={{ minHeight: 36, padding: '0 12px', borderBottom: '1px solid var(--line)' }}>
        <IconPhoneOutgoing size={16} stroke={1.75} className="tone-critical" aria-hidden />
        <h2 style={{ fontSize: 13 }}>{t('critical.title')}</h2>
        <span className="grow" />
        {props.open > 0 && (
          <span className="tone-critical strong small">{t('critical.open', { count: props.open })}</span>
        )}
        <span className="sec small">{t('critical.closed', { count: props.closed })}</span>
      </header>
      {props.values.map((v) => (
        <div key={v.result_id} className="critcall">
          {v.closed ? (
            <IconCircleCheck
              size={22}
              stroke={1.75}
              className="tone-released"
              style={{ margin: '0 9px' }}
              aria-hidden
            />
          ) : (
            <Ring part={(props.now - (ms(v.since) ?? props.now)) / ESCALATE_MS}>
              {short(props.now - (ms(v.since) ?? props.now))}
            </Ring>
          )}
          <div className="grow col" style={{ gap: 1 }}>
            <div className="row">
              <span className="strong cut">{`${v.test} ${v.value}`}</span>
              <Flag code={v.flag} />
            </div>
            <div className="small row" style={{ gap: 4 }}>
              <LabNo value={v.accession} />
              <span className="sec cut">{`· ${[sexAge(v, t), v.doctor].filter(Boolean).join(' · ')}`}</span>
            </div>
            <div className="small sec cut">{said(v, props.now, t)}</div>
          </div>
          {v.closed ? (
            <span className="sec small">{t('critical.done')}</span>
          ) : (
            <Button look={v.calls.length === 0 ? 'critical' : 'default'} onClick={() => setCalling(v)}>
              {v.calls.length === 0 ? t('critical.call') : t('critical.again')}
            </Button>
          )}
        </div>
      ))}
      {props.values.length === 0 && (
        <p className="sec small" style={{ padding: 12 }}>
          {t('critical.none')}
        </p>
      )}
      {calling && (
        <CallDialog
          resultId={calling.result_id}
          test={calling.test}
          value={calling.value}
          unit={calling.unit}
          doctor={calling.doctor}
          phone={calling.phone}
          onClose={() => setCalling(null)}
        />
      )}
    </section>
  );
}

function short(elapsed: number): string {
  const min = Math.max(0, Math.floor(elapsed / 60_000));
  return min < 60 ? `${min}m` : `${Math.floor(min / 60)}h`;
}

function said(v: S['Critical'], now: number, t: ReturnType<typeof useTranslation>['t']): string {
  const last = v.calls.at(-1);
  if (v.closed && last) return t('critical.readBack', { who: last.reached ?? '' });
  if (last) return t('critical.tries', { count: v.calls.length });
  const at = ms(v.escalate_at);
  if (at === null) return t('critical.notCalled');
  return at > now ? t('critical.escalates', { span: span(at - now, t) }) : t('critical.escalated');
}
