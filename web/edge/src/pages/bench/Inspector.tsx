import { Link } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { sentence } from '@jaanch/shared/api/problem';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { toNumber } from '@jaanch/shared/lab/decimal';
import { isCritical } from '@jaanch/shared/lab/flags';
import { clock, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { RangeBar, Trend, type PlotPoint } from '@jaanch/shared/ui/charts';
import { Check } from '@jaanch/shared/ui/Field';
import { Delta, Flag } from '@jaanch/shared/ui/Flag';
import { Keys } from '@jaanch/shared/ui/Keys';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { QcMark, State } from '@jaanch/shared/ui/State';
import { Stale } from '@jaanch/shared/ui/Stale';
import { IconDeviceFloppy, IconMessage, IconX } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { queries } from '../../queries';
import { useCan } from '../../session';
import { HistoryLink } from '../history/HistoryLink';
import { CallDialog } from './CallDialog';
import { OrderState, problemText } from './Orders';
import { Plots } from './Plots';
import { RerunDialog } from './RerunDialog';
import type { Entry } from './useEntry';

/** holdText says a hold in the language of the screen; the node's English sentence stands in for a code we do not know. */
export function holdText(h: S['Hold'], t: ReturnType<typeof useTranslation>['t']): string {
  const params = { ...h.params };
  if (params.kind) params.kind = t(`limitKind.${params.kind}`, { defaultValue: params.kind });
  if (params.state) params.state = t(`qc.${params.state}`, { defaultValue: params.state });
  return t(`hold.${h.code}`, { ...params, defaultValue: h.text });
}

/** Inspector is everything about the row under the cursor, top down in the order in which it is asked. */
export function Inspector(props: {
  row: S['Row'];
  entry: Entry;
  seen: boolean;
  needsSeen: boolean;
  unsaved: number;
  onSeen: (seen: boolean) => void;
  onSave: () => void;
  onClose: () => void;
}) {
  const { row: r, entry } = props;
  const { t, i18n } = useTranslation();
  const can = useCan();
  const note = useRef<HTMLInputElement>(null);
  const [calling, setCalling] = useState(false);
  const [rerunning, setRerunning] = useState(false);
  const detail = useQuery({
    queryKey: ['row', r.item_id],
    queryFn: () => must(api.GET('/api/v1/items/{id}', { params: { path: { id: r.item_id } } })),
  });
  const d = detail.data?.row.item_id === r.item_id ? detail.data : undefined;
  const order = d?.orders[0];
  const problem = entry.problems[r.item_id];
  const typed = entry.text[r.item_id];
  const critical = isCritical(r.flag) && r.result_id !== undefined;
  const called = d?.calls.some((c) => c.outcome === 'reached' && c.read_back) ?? false;
  const off = !can('enterResult')
    ? t('why.permission')
    : r.editable
      ? undefined
      : t(`why.${r.not_editable_code ?? 'released'}`);
  useKeys([
    { keys: 'F8', label: t('critical.log'), run: () => critical && setCalling(true) },
    { keys: 'alt+n', label: t('bench.note'), run: () => note.current?.focus() },
    { keys: 'alt+r', label: t('bench.rerun'), run: () => r.value !== '' && !off && setRerunning(true) },
    { keys: 'alt+a', label: t('bench.seen'), run: () => props.needsSeen && props.onSeen(!props.seen) },
  ]);
  const name = i18n.language === 'hi' && r.name_local ? r.name_local : r.name;
  return (
    <aside className="pane inspector" aria-label={name} data-testid="inspector">
      <div className="insp-head">
        <div className="row">
          <h2>{name}</h2>
          {r.state === 'held' && (
            <span className="chip held">
              <State state="held" />
            </span>
          )}
          <span className="grow" />
          <HistoryLink entity="order_test" id={r.item_id} small />
          <Button
            look="plain"
            size="small"
            aria-label={t('act.close')}
            icon={<IconX size={16} aria-hidden />}
            onClick={props.onClose}
          />
        </div>
        <div className="small cut">
          {d && (
            <>
              <span className="strong">{d.patient_name}</span>
              {` · ${[sexAge(d.sample, t), d.mrn, d.doctor].filter(Boolean).join(' · ')}`}
            </>
          )}
        </div>
      </div>
      <div className="insp-body fill scroll">
        <div className="row">
          <span className="bigvalue">{typed ?? (r.value || '–')}</span>
          <span className="sec">{r.unit}</span>
          {typed === undefined && <Flag code={r.flag} />}
          <span className="grow" />
          {r.delta && (
            <span className="small nowrap">
              {r.delta.over ? <Delta text={r.delta.text} /> : <span className="sec num">{r.delta.text}</span>}
              <span className="sec">{` ${t('bench.from', { value: r.delta.from })}`}</span>
            </span>
          )}
        </div>
        <RangeBar value={toNumber(typed ?? r.value)} limits={limitsOf(r)} />
        {problem && problem.code !== 'stale_record' && (
          <Notice
            tone="high"
            title={sentence(problem, t)}
            action={
              <Button size="small" onClick={() => entry.save([r.item_id], props.seen)}>
                {t('act.retry')}
              </Button>
            }
          >
            {t('bench.kept')}
          </Notice>
        )}
        {off && <p className="small sec">{off}</p>}
        {r.holds.length > 0 && (
          <Notice tone="held" title={t('bench.why')}>
            <ul className="col" style={{ gap: 4 }}>
              {r.holds.map((h) => (
                <li key={h.code}>{holdText(h, t)}</li>
              ))}
            </ul>
          </Notice>
        )}
        {critical && !called && (
          <Notice
            side
            tone="critical"
            title={t('critical.notLogged')}
            action={
              <Button look="critical" keys="F8" onClick={() => setCalling(true)}>
                {t('critical.log')}
              </Button>
            }
          >
            {[d?.doctor, d?.doctor_phone].filter(Boolean).join(' · ')}
          </Notice>
        )}
        <div className="col" style={{ gap: 4 }}>
          <span className="sect">{t('bench.history')}</span>
          <Trend
            points={historyPoints(d, r)}
            limits={limitsOf(r)}
            label={(at) =>
              new Date(at).toLocaleDateString(i18n.language === 'hi' ? 'hi-IN-u-nu-latn' : 'en-IN', {
                day: 'numeric',
                month: 'short',
              })
            }
          />
        </div>
        <dl className="pairs">
          <dt>{t('qc.title')}</dt>
          <dd className="row">
            <QcMark state={r.qc} />
            <Link to="/quality" search={{ test: r.test_id }}>
              {t(`qc.${r.qc}`)}
            </Link>
          </dd>
          {r.source && <dt>{t('bench.source')}</dt>}
          {r.source && <dd>{sourceText(r.source, t)}</dd>}
          {order && <dt>{t('orders.title')}</dt>}
          {order && (
            <dd className="col" style={{ gap: 2 }}>
              <span className="row">
                <OrderState look={order.state === 'sent' && r.value !== '' ? 'answered' : order.state} />
                <span className="sec small">
                  {[order.instrument, clock(ms(order.sent ?? order.made) ?? 0)].join(' · ')}
                </span>
              </span>
              {(order.problem ?? '') !== '' && <span className="small sec">{problemText(order.problem, t)}</span>}
            </dd>
          )}
          {d && <dt>{t('bench.sample')}</dt>}
          {d && (
            <dd>
              {[
                d.sample.specimen,
                d.sample.collected_at ? t('bench.collectedAt', { at: clock(ms(d.sample.collected_at) ?? 0) }) : '',
                d.sample.received_at ? t('bench.receivedAt', { at: clock(ms(d.sample.received_at) ?? 0) }) : '',
              ]
                .filter(Boolean)
                .join(', ')}
            </dd>
          )}
        </dl>
        <Plots messages={[r.source?.message_id ?? 0]} keys="alt+g" />
        <NoteBox row={r} inputRef={note} disabled={off !== undefined} />
        {props.needsSeen && (
          <div className="row between">
            <Check
              id="critical-seen"
              label={t('bench.seen')}
              checked={props.seen}
              onChange={(e) => props.onSeen(e.currentTarget.checked)}
              data-testid="critical-seen"
            />
            <Keys keys="alt+a" />
          </div>
        )}
      </div>
      <footer className="foot acts">
        <span className="row nowrap">
          <IconDeviceFloppy size={15} stroke={1.75} aria-hidden />
          {props.unsaved === 0 ? t('bench.allSaved') : entry.drafted ? t('bench.draftKept') : t('bench.keeping')}
        </span>
        <span className="grow" />
        <Button
          keys="alt+r"
          disabled={off !== undefined || r.value === ''}
          why={off}
          onClick={() => setRerunning(true)}
        >
          {t('bench.rerun')}
        </Button>
        <Button
          look="primary"
          keys="mod+Enter"
          disabled={off !== undefined || typed === undefined || typed === r.value || (props.needsSeen && !props.seen)}
          why={off}
          busy={entry.saving[r.item_id] === true}
          onClick={props.onSave}
        >
          {t('bench.save')}
        </Button>
      </footer>
      {calling && r.result_id && (
        <CallDialog
          resultId={r.result_id}
          test={name}
          value={r.value}
          unit={r.unit}
          doctor={d?.doctor}
          phone={d?.doctor_phone}
          onClose={() => setCalling(false)}
        />
      )}
      {rerunning && <RerunDialog row={r} onClose={() => setRerunning(false)} />}
      <Stale
        opened={problem?.code === 'stale_record'}
        who={d?.row.source?.by ?? d?.row.source?.instrument}
        fields={[{ label: name, yours: typed ?? '', theirs: d?.row.value ?? r.value }]}
        onClose={() => entry.forget(r.item_id)}
        onTheirs={() => {
          entry.act({ type: 'go', id: r.item_id });
          entry.act({ type: 'undo' });
          entry.forget(r.item_id);
          void queries.invalidateQueries({ queryKey: ['worklist'] });
        }}
        onYours={d ? () => entry.save([r.item_id], props.seen, d.row.versions) : undefined}
      />
    </aside>
  );
}

/** limitsOf are the limits of a row as numbers, for pictures only. */
export function limitsOf(r: S['Row']) {
  const i = r.interval;
  return {
    low: toNumber(i.low),
    high: toNumber(i.high),
    critLow: toNumber(i.crit_low),
    critHigh: toNumber(i.crit_high),
  };
}

function historyPoints(d: S['RowDetail'] | undefined, r: S['Row']): PlotPoint[] {
  const list = (d?.history ?? [...r.previous].reverse()).flatMap((p): PlotPoint[] => {
    const num = p.num ?? toNumber(p.value);
    return num === null ? [] : [{ at: ms(p.at) ?? 0, num, text: p.value, flag: p.flag }];
  });
  const own = toNumber(r.value);
  const last = list.at(-1);
  const at = ms(r.source?.at) ?? Date.now();
  if (own !== null && (!last || last.text !== r.value || Math.abs(last.at - at) > 60_000))
    list.push({ at, num: own, text: r.value, flag: r.flag });
  return list.slice(-6);
}

function sourceText(s: S['Source'], t: ReturnType<typeof useTranslation>['t']): string {
  const at = ms(s.at);
  const when = at === null ? '' : clock(at);
  if (s.kind === 'hand') return t('source.hand', { by: s.by ?? '', at: when });
  if (s.kind === 'calculated') return t('source.calculated', { at: when });
  const sent = s.raw ? t('source.sent', { raw: s.raw, flag: s.flag ? ` ${s.flag}` : '' }) : '';
  const conv = s.conversion ? t('source.converted', { rule: s.conversion }) : '';
  return [s.instrument ?? t(`source.${s.kind}`), when, sent, conv].filter(Boolean).join(' · ');
}

/** NoteBox keeps a note on the row; it is saved when the field is left or with Enter. */
function NoteBox({
  row,
  inputRef,
  disabled,
}: {
  row: S['Row'];
  inputRef: React.Ref<HTMLInputElement>;
  disabled: boolean;
}) {
  const { t } = useTranslation();
  const [text, setText] = useState(row.note ?? '');
  const save = useMutation({
    mutationFn: () =>
      must(
        api.PUT('/api/v1/items/{id}/note', {
          params: { path: { id: row.item_id } },
          body: { note: text, versions: row.versions },
        }),
      ),
    onSuccess: () =>
      void queries.invalidateQueries({ predicate: (q) => ['worklist', 'row'].includes(String(q.queryKey[0])) }),
  });
  const keep = (): void => {
    if (text !== (row.note ?? '') && !save.isPending) save.mutate();
  };
  return (
    <div className="col">
      <div className="scanbar" style={{ flex: 'none' }}>
        <div className="box">
          <IconMessage size={16} stroke={1.75} aria-hidden />
          <input
            ref={inputRef}
            value={text}
            disabled={disabled}
            aria-label={t('bench.note')}
            placeholder={t('bench.noteHint')}
            onChange={(e) => setText(e.currentTarget.value)}
            onBlur={keep}
            onKeyDown={(e) => {
              if (e.key === 'Enter') keep();
            }}
          />
          <Keys keys="alt+n" />
        </div>
      </div>
      {save.error && <Fault error={save.error} />}
    </div>
  );
}
