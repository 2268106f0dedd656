import { useNow } from '@jaanch/shared/hooks/now';
import { toNumber } from '@jaanch/shared/lab/decimal';
import { isCritical } from '@jaanch/shared/lab/flags';
import { due, ms, stamp } from '@jaanch/shared/lab/when';
import { Sparkline, type PlotPoint } from '@jaanch/shared/ui/charts';
import { Delta, Flag } from '@jaanch/shared/ui/Flag';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Priority, QcMark, State } from '@jaanch/shared/ui/State';
import { Value } from '@jaanch/shared/ui/Value';
import { IconBan, IconChevronDown, IconChevronRight, IconClock } from '@tabler/icons-react';
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { editable, optionFor, toneOf } from './entry';
import type { Entry } from './useEntry';

export const COLUMNS = 9;

/** GroupRow is one sample: priority, lab number, sex and age, panels, how far it is, and the time left. */
export function GroupRow({ group: g, open, onToggle }: { group: S['Group']; open: boolean; onToggle: () => void }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const at = ms(g.due_at);
  const d = at === null ? null : due(at, now, t);
  const rejected = g.sample_state === 'rejected';
  return (
    <tr className="group" data-testid="group" data-accession={g.accession}>
      <td colSpan={COLUMNS}>
        <div className="row" style={{ gap: 12 }}>
          <button
            type="button"
            className="row"
            style={{ border: 0, background: 'none', padding: 0, gap: 12 }}
            aria-expanded={open}
            onClick={onToggle}
          >
            {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
            <Priority value={g.priority} />
            <LabNo value={g.accession} />
            <span className="sec nowrap">{sexAge(g, t)}</span>
          </button>
          <span className="med cut">{g.panels.join(', ')}</span>
          <span className="grow" />
          {rejected ? (
            <span className="row tone-rejected small">
              <IconBan size={14} aria-hidden />
              {t('bench.rejected', {
                reason: t(`reject.${g.reject_reason ?? ''}`, { defaultValue: g.reject_reason ?? '' }),
              })}
              {g.recollect_asked ? ` · ${t('bench.recollect')}` : ''}
            </span>
          ) : (
            <span className="sec small num hide-s">{t('bench.doneOf', { n: g.done, of: g.total })}</span>
          )}
          <span className="progress hide-s" aria-hidden="true">
            <i style={{ width: `${g.total > 0 ? (g.done / g.total) * 100 : 0}%` }} />
          </span>
          {d ? (
            <span
              className={`row small nowrap tone-${d.tone} ${d.tone === 'calm' ? '' : 'strong'}`}
              title={at === null ? '' : stamp(at, i18n.language)}
            >
              <IconClock size={14} stroke={1.75} aria-hidden />
              {t('bench.due', { when: d.text })}
            </span>
          ) : (
            <span className="sec small">{g.done < g.total ? t('bench.paused') : ''}</span>
          )}
        </div>
      </td>
    </tr>
  );
}

/** points turns the earlier values of a row, and its own, into what the sparkline draws: oldest first. */
export function points(row: S['Row']): PlotPoint[] {
  const earlier = [...row.previous].reverse().flatMap((p): PlotPoint[] => {
    const n = p.num ?? toNumber(p.value);
    return n === null ? [] : [{ at: ms(p.at) ?? 0, num: n, text: p.value, flag: p.flag }];
  });
  const n = toNumber(row.value);
  return n === null ? earlier : [...earlier, { at: Date.now(), num: n, text: row.value, flag: row.flag }];
}

/** ResultRow is one test. The active row holds the field; the keyboard moves it. */
export function ResultRow({
  row: r,
  entry,
  onKey,
  lead,
}: {
  row: S['Row'];
  entry: Entry;
  onKey: (e: KeyboardEvent, row: S['Row']) => void;
  lead?: ReactNode; // what stands in place of the test's name
}) {
  const { t, i18n } = useTranslation();
  const active = entry.active === r.item_id;
  const el = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (!active) return;
    el.current?.scrollIntoView({ block: 'nearest' });
    if (!editable(r)) el.current?.focus({ preventScroll: true });
  }, [active, r]);
  const name = i18n.language === 'hi' && r.name_local ? r.name_local : r.name;
  return (
    <tr
      ref={el}
      className="go"
      aria-selected={active}
      tabIndex={active && !editable(r) ? 0 : -1}
      data-testid="result-row"
      data-code={r.code}
      data-state={r.state}
      onClick={() => entry.act({ type: 'go', id: r.item_id })}
      onKeyDown={(e) => {
        if (!editable(r)) onKey(e, r);
      }}
    >
      <td>
        <QcMark state={r.qc} />
      </td>
      <td>
        {lead ?? name}
        {!lead && r.calculated && (
          <span className="fx" title={t('bench.calculated')}>
            fx
          </span>
        )}
      </td>
      <td className="right">
        <Cell row={r} entry={entry} active={active} name={name} onKey={onKey} />
      </td>
      <td>
        <Flag code={r.flag} />
      </td>
      {!lead && <td className="sec hide-s">{r.unit}</td>}
      <td className="right sec nowrap hide-s">
        {r.interval.missing ? <span className="tone-delta">{t('bench.noInterval')}</span> : r.interval.text}
      </td>
      <td className="hide-s nowrap">
        <span className="row" style={{ gap: 4 }}>
          <span style={{ minWidth: 48 }} className="small sec right">
            {r.previous[0] && <Value text={r.previous[0].value} />}
          </span>
          {r.delta?.over && <Delta text={r.delta.text} />}
        </span>
      </td>
      <td className="hide-m">
        <Sparkline points={points(r)} low={toNumber(r.interval.low)} high={toNumber(r.interval.high)} />
      </td>
      <td>
        {r.state === 'sent_to_analyzer' && r.waiting_on ? (
          <State state="sent_to_analyzer" text={t('bench.on', { name: r.waiting_on })} />
        ) : (
          <State state={r.state === 'pending' ? 'to_enter' : r.state} />
        )}
      </td>
    </tr>
  );
}

/** Cell is the place of a value: a field while the cursor stands on it, else what is typed, saved or missing. */
export function Cell(props: {
  row: S['Row'];
  entry: Entry;
  active: boolean;
  name: string;
  onKey: (e: KeyboardEvent, row: S['Row']) => void;
}) {
  const { row: r, entry, active } = props;
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const typed = entry.text[r.item_id];
  const text = typed ?? r.value;
  const can = editable(r);
  const wide = r.kind !== 'numeric' && r.kind !== 'calculated' ? ' wide' : '';
  const tone = typed === undefined ? (isCritical(r.flag) ? 'critical' : 'none') : toneOf(text, r);
  const bad = entry.problems[r.item_id] ? ' bad' : '';
  useEffect(() => {
    if (active && can) input.current?.focus({ preventScroll: true });
  }, [active, can]);
  if (active && can) {
    return (
      <input
        ref={input}
        className={`cellbox${wide} ${tone}${bad}`}
        value={text}
        aria-label={t('bench.resultOf', { test: props.name })}
        aria-invalid={tone === 'bad' || bad !== '' ? true : undefined}
        inputMode={wide ? 'text' : 'decimal'}
        autoComplete="off"
        data-testid="cell"
        onFocus={(e) => e.currentTarget.select()}
        onChange={(e) => entry.act({ type: 'type', id: r.item_id, text: optionFor(e.currentTarget.value, r) })}
        onKeyDown={(e) => props.onKey(e, r)}
      />
    );
  }
  if (entry.saving[r.item_id])
    return (
      <span className="saving" title={t('bench.saving')}>
        <Value text={text} />
      </span>
    );
  if (bad || typed !== undefined)
    return (
      <span className={`cellbox${wide}${bad}`} style={{ display: 'inline-block', lineHeight: '20px' }}>
        {text}
      </span>
    );
  if (r.value === '')
    return can ? (
      <span className={`cellbox${wide}`} style={{ display: 'inline-block' }} />
    ) : (
      <span className="dim">–</span>
    );
  return <Value text={r.value} flag={r.flag} />;
}
