import './conflict.css';
import { IconFileAlert } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '../hooks/keys';
import { useNow } from '../hooks/now';
import { ago, ms, stamp } from '../lab/when';
import { Button } from '../ui/Button';
import { Text } from '../ui/Field';
import { KeyHint } from '../ui/Keys';
import { Empty, Fault, Notice } from '../ui/Notice';
import { Segments } from '../ui/Segments';
import { judgement, undecided, WHOLE, type Chosen } from './choice';
import { Compare } from './Compare';
import type { Dispute, Disputes as List, DisputeState, Judgement } from './types';
import { fieldName, person, place } from './words';

interface Act<T> {
  isPending: boolean;
  error: unknown;
  mutate: (v: T) => void;
}

export interface DisputesProps {
  list: { data: List | undefined; error: unknown; refetch: () => unknown };
  detail: Dispute | undefined;
  state: DisputeState;
  id: string | undefined;
  why: string | undefined; // the reason while the person may not decide
  onState: (s: DisputeState) => void;
  onOpen: (id: string) => void;
  decide: Act<Judgement>;
  reopen: Act<void>;
}

const states: DisputeState[] = ['open', 'auto', 'resolved'];

/** Disputes shows what two people changed at once, and lets one of them say what is true. Node and hub show the same. */
export function Disputes(props: DisputesProps) {
  const { t } = useTranslation();
  const now = useNow(15_000);
  const { list } = props;
  const cases = list.data?.cases ?? [];
  return (
    <div className="screen disputes">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('conflict.which')}
            value={props.state}
            onChange={props.onState}
            options={states.map((s) => ({
              value: s,
              label: t(`conflict.tab.${s}`),
              count: list.data?.[s],
            }))}
          />
        </div>
        <div className="fill scroll queue">
          {list.error ? <Fault error={list.error} onRetry={() => void list.refetch()} /> : null}
          {list.data && cases.length === 0 && <Empty>{t(`conflict.none.${props.state}`)}</Empty>}
          {cases.map((c) => (
            <button
              key={c.id}
              type="button"
              aria-current={c.id === props.detail?.id}
              onClick={() => props.onOpen(c.id)}
              data-testid="conflict"
            >
              <span className="what">{c.title || t(`conflict.kindOf.${c.entity}`, { defaultValue: c.entity })}</span>
              <span className="small sec">
                {[t(`conflict.kindOf.${c.entity}`, { defaultValue: c.entity }), c.subtitle, c.lab]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
              <span className="small sec">{ago(ms(c.at) ?? now, now, t)}</span>
              {c.blocked.length > 0 && (
                <span className="stops">
                  <IconFileAlert size={14} aria-hidden />
                  {t('conflict.stops', { count: c.blocked.length })}
                </span>
              )}
            </button>
          ))}
        </div>
      </div>
      {props.detail ? (
        <One
          key={`${props.detail.id}-${props.detail.state}-${props.detail.version}`}
          {...props}
          dispute={props.detail}
        />
      ) : (
        <div className="pane" />
      )}
    </div>
  );
}

function One({ dispute: d, ...props }: DisputesProps & { dispute: Dispute }) {
  const { t, i18n } = useTranslation();
  const [chosen, setChosen] = useState<Chosen>({});
  const [reason, setReason] = useState('');
  const whole = d.whole || d.keep_only;
  const fields = whole ? [WHOLE] : d.rows.filter((r) => r.disputed).map((r) => r.field);
  const [active, setActive] = useState(fields[0] ?? WHOLE);
  const open = d.state === 'open';
  const name = d.title || t('conflict.thisRecord');
  const left = undecided(d, chosen);
  const off = props.why !== undefined || props.decide.isPending;
  const pick = (field: string, side: number): void => {
    setChosen((c) => ({ ...c, [field]: { side, value: side < 0 ? (c[field]?.value ?? '') : '' } }));
    setActive(field);
  };
  const all = (side: number): void => fields.forEach((f) => pick(f, side));
  const save = (): void => {
    if (open && !off && left.length === 0) props.decide.mutate(judgement(d, chosen, reason));
  };
  const move = (by: number): void =>
    setActive((a) => fields[Math.min(fields.length - 1, Math.max(0, fields.indexOf(a) + by))] ?? a);
  const cases = props.list.data?.cases ?? [];
  const next = (by: number): void => {
    const to = cases[cases.findIndex((c) => c.id === d.id) + by];
    if (to) props.onOpen(to.id);
  };
  const typable = d.rows.find((r) => r.field === active)?.typed === true;
  useKeys([
    { keys: 'ArrowUp', label: t('conflict.key.field'), run: () => move(-1) },
    { keys: 'ArrowDown', label: t('conflict.key.field'), run: () => move(1) },
    { keys: '1', label: t('conflict.key.side'), run: () => open && !off && pick(active, 0) },
    { keys: '2', label: t('conflict.key.side'), run: () => open && !off && pick(active, 1) },
    { keys: 'e', label: t('conflict.type'), run: () => open && !off && typable && pick(active, -1) },
    { keys: 'j', label: t('conflict.key.next'), run: () => next(1) },
    { keys: 'k', label: t('conflict.key.next'), run: () => next(-1) },
    { keys: 'l', label: t('conflict.later'), run: () => next(1) },
    { keys: 'mod+Enter', label: t('conflict.save'), run: save, typing: true },
  ]);
  return (
    <>
      <div className="pane">
        <div className="fill scroll">
          <div className="dispute" data-testid="dispute" data-state={d.state}>
            <div>
              <h2>{whole && !d.keep_only ? t('conflict.titleValue', { name }) : t('conflict.title', { name })}</h2>
              <p className="story">{story(d, t)}</p>
            </div>
            {open && d.blocked.length > 0 && (
              <span className="stopper">
                <IconFileAlert size={15} aria-hidden />
                {t('conflict.stops', { count: d.blocked.length })}
              </span>
            )}
            {d.keep_only && open && <Notice tone="held">{t('conflict.signedKeep')}</Notice>}
            {!d.keep_only && open && d.sides.some((s) => s.signed) && (
              <Notice tone="held">{t('conflict.signedOther')}</Notice>
            )}
            <Compare
              dispute={d}
              chosen={chosen}
              active={active}
              off={off}
              onPick={pick}
              onType={(f, value) => setChosen((c) => ({ ...c, [f]: { side: -1, value } }))}
            />
            {d.rows.some((r) => !r.disputed) && <p className="small sec">{t('conflict.greyRows')}</p>}
            {open && !whole && (
              <div className="row wrap">
                <span className="small sec">{t('conflict.allOf')}</span>
                {d.sides.map((s, i) => (
                  <Button
                    key={i}
                    size="small"
                    disabled={off}
                    why={props.why}
                    onClick={() => all(i)}
                    data-testid={`all-${i}`}
                  >
                    {i === 0 ? t('conflict.keepAll') : t('conflict.takeAll', { who: person(s.by, t) })}
                  </Button>
                ))}
                <span className="grow" />
                <Button
                  size="small"
                  keys="e"
                  disabled={off || !typable}
                  onClick={() => pick(active, -1)}
                  data-testid="type-other"
                >
                  {t('conflict.type')}
                </Button>
              </div>
            )}
            {open && (
              <div className="effect">
                <strong>{t('conflict.whenSaved')}</strong>
                <ul>
                  <li>{t('conflict.effectEverywhere')}</li>
                  {d.blocked.map((b) => (
                    <li key={b.id}>{t('conflict.effectReport', { visit: b.title })}</li>
                  ))}
                  <li>{t('conflict.effectHistory')}</li>
                </ul>
              </div>
            )}
          </div>
        </div>
        <footer className="foot">
          <KeyHint keys={['ArrowUp', 'ArrowDown']}>{t('conflict.key.field')}</KeyHint>
          <KeyHint keys={['1', '2']}>{t('conflict.key.side')}</KeyHint>
          <KeyHint keys={['j', 'k']}>{t('conflict.key.next')}</KeyHint>
        </footer>
      </div>
      <aside className="pane inspector" aria-label={t('conflict.help')}>
        <div className="insp-head">
          <h2>{t('conflict.help')}</h2>
          <p className="small sec">{[d.subtitle, d.lab].filter(Boolean).join(' · ')}</p>
        </div>
        <div className="insp-body fill scroll">
          <section>
            <h3 className="small sec">{t('conflict.happened')}</h3>
            <ol className="past">
              {d.events.map((e, i) => (
                <li key={i} className={e.what === 'kept' ? 'kept' : undefined}>
                  <div>
                    <div>
                      {t(`conflict.did.${e.what}`, {
                        who: person(e.by, t),
                        what: e.fields
                          .slice(0, 4)
                          .map((f) => fieldName(f, t))
                          .join(', '),
                      })}
                    </div>
                    <div className="small sec">{`${stamp(ms(e.at) ?? 0, i18n.language)} · ${place(e.place, t)}`}</div>
                  </div>
                </li>
              ))}
            </ol>
          </section>
          {open && (
            <Text
              label={t('conflict.why')}
              hint={t('conflict.whyHint')}
              value={reason}
              maxLength={300}
              disabled={off}
              onChange={setReason}
              data-testid="reason"
            />
          )}
          {d.state === 'resolved' && (
            <Notice tone="accent" title={t('conflict.decidedBy', { who: person(d.resolver ?? '', t) })}>
              {[stamp(ms(d.closed_at) ?? 0, i18n.language), d.reason].filter(Boolean).join(' · ')}
            </Notice>
          )}
          {d.state === 'auto' && (
            <Notice tone="accent">{t(`conflict.rule.${d.strategy}`, { defaultValue: '' })}</Notice>
          )}
          {props.decide.error ? <Fault error={props.decide.error} /> : null}
          {props.reopen.error ? <Fault error={props.reopen.error} /> : null}
        </div>
        <footer className="foot acts">
          {open ? (
            <>
              <Button keys="l" onClick={() => next(1)}>
                {t('conflict.later')}
              </Button>
              <span className="grow" />
              <Button
                look="primary"
                keys="mod+Enter"
                busy={props.decide.isPending}
                disabled={off || left.length > 0}
                why={props.why ?? (left.length > 0 ? t('conflict.chooseFirst', { count: left.length }) : undefined)}
                onClick={save}
                data-testid="save-decision"
              >
                {t('conflict.save')}
              </Button>
            </>
          ) : (
            <>
              <span className="grow" />
              <Button
                disabled={props.why !== undefined}
                why={props.why}
                busy={props.reopen.isPending}
                onClick={() => props.reopen.mutate()}
                data-testid="reopen"
              >
                {t('conflict.reopen')}
              </Button>
            </>
          )}
        </footer>
      </aside>
    </>
  );
}

/** story says in a sentence what happened. */
function story(d: Dispute, t: ReturnType<typeof useTranslation>['t']): string {
  const [first, second] = d.sides;
  if (!first || !second) return t('conflict.storyGone');
  const names = {
    a: person(first.by, t),
    b: person(second.by, t),
    pa: place(first.place, t),
    pb: place(second.place, t),
  };
  if (second.deleted) return t('conflict.storyRemoved', names);
  if (d.state === 'auto') return t('conflict.storyAuto', names);
  if (d.state === 'resolved') return t('conflict.storyDone', names);
  return t('conflict.story', names);
}
