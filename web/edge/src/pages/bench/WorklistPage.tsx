import './bench.css';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKept } from '@jaanch/shared/hooks/kept';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { dirty } from '@jaanch/shared/lab/grid';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { SkeletonRows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { Fragment, useMemo, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { Inspector } from './Inspector';
import { steady } from './steady';
import { toneOf } from './entry';
import { useEntry } from './useEntry';
import { COLUMNS, GroupRow, ResultRow } from './WorklistTable';

const states = ['open', 'to_enter', 'held', 'released'] as const;

/** WorklistPage shows the sections with their counts until one is chosen; then the samples with their rows. */
export function WorklistPage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('nav.worklist'));
  const search = useSearch({ from: '/bench' });
  const [kept] = useKept<string>('bench.section', '');
  const section = search.section ?? kept;
  if (!section && !search.sample) return <Sections />;
  return <Worklist key={`${section}|${search.sample ?? ''}`} section={search.sample ? '' : section} />;
}

/** Sections is what the bench shows first: nothing is loaded until somebody says where they work. */
function Sections() {
  const { t } = useTranslation();
  const choose = useChoose();
  const q = useQuery({ queryKey: ['sections'], queryFn: () => must(api.GET('/api/v1/worklist/sections')) });
  if (q.error && !q.data)
    return (
      <div className="page">
        <Fault error={q.error} onRetry={() => void q.refetch()} />
      </div>
    );
  return (
    <div className="scrolls">
      <p className="sec" style={{ padding: '16px 16px 0' }}>
        {t('bench.choose')}
      </p>
      <div className="sections">
        {q.data?.sections.map((s) => (
          <button key={s.department} type="button" onClick={() => choose(s.department)} data-testid="section">
            <div className="strong">{t(`section.${s.department}`, { defaultValue: s.department })}</div>
            <div className="bigvalue">{s.counts.open}</div>
            <div className="sec small">
              {t('bench.sectionCounts', { enter: s.counts.to_enter, held: s.counts.held })}
            </div>
          </button>
        ))}
      </div>
    </div>
  );
}

function useChoose(): (section: string) => void {
  const navigate = useNavigate();
  const [, keep] = useKept<string>('bench.section', '');
  return (section) => {
    keep(section);
    void navigate({ to: '/bench', search: { section } });
  };
}

function Worklist({ section }: { section: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: '/bench' });
  const choose = useChoose();
  const state = search.state ?? (search.sample ? 'all' : 'open');
  const query = {
    state,
    ...(section && section !== '*' ? { department: section } : {}),
    ...(search.instrument ? { instrument: search.instrument } : {}),
    ...(search.sample ? { sample: search.sample } : {}),
  };
  const list = useQuery({
    queryKey: ['worklist', query],
    queryFn: () => must(api.GET('/api/v1/worklist', { params: { query } })),
  });
  const sections = useQuery({ queryKey: ['sections'], queryFn: () => must(api.GET('/api/v1/worklist/sections')) });
  const instruments = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const { groups, waiting, showNew } = useSteadyGroups(list.data?.groups, JSON.stringify(query));
  const [folded, setFolded] = useState<Record<string, boolean>>({});
  const isOpen = (g: S['Group']): boolean => !(folded[g.sample_id] ?? g.sample_state === 'rejected');
  const rows = useMemo(
    () => groups.filter((g) => !(folded[g.sample_id] ?? g.sample_state === 'rejected')).flatMap((g) => g.rows),
    [groups, folded],
  );
  const entry = useEntry(rows, search.row);
  const [seen, setSeen] = useState(false);
  const active = rows.find((r) => r.item_id === entry.active);

  const needsSeen = (r: S['Row']): boolean =>
    toneOf(entry.text[r.item_id] ?? r.value, r) === 'critical' && entry.text[r.item_id] !== undefined;
  const saveRow = (r: S['Row']): boolean => {
    if (entry.text[r.item_id] === undefined || entry.text[r.item_id] === r.value) return true;
    if (toneOf(entry.text[r.item_id] ?? '', r) === 'bad') return false;
    if (needsSeen(r) && !seen) {
      document.getElementById('critical-seen')?.focus();
      return false;
    }
    entry.save([r.item_id], seen);
    return true;
  };
  const go = (a: 'up' | 'down' | 'accept' | 'nextEmpty' | 'prevEmpty'): void => {
    setSeen(false);
    entry.act({ type: a });
  };
  const onKey = (e: KeyboardEvent, r: S['Row']): void => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === 'ArrowDown') go('down');
    else if (e.key === 'ArrowUp') go('up');
    else if (e.key === 'Enter') {
      if (saveRow(r)) go('accept');
    } else if (e.key === 'Tab') {
      if (saveRow(r)) go(e.shiftKey ? 'prevEmpty' : 'nextEmpty');
    } else if (e.key === 'Escape') {
      entry.act({ type: 'undo' });
      entry.forget(r.item_id);
    } else return;
    e.preventDefault();
    e.stopPropagation();
  };
  const typed = dirty(
    { active: null, text: entry.text },
    rows.map((r) => ({ id: r.item_id, editable: true, value: r.value })),
  );
  useKeys([
    { keys: 'ArrowDown', label: t('bench.keys.down'), run: () => go('down') },
    { keys: 'ArrowUp', label: t('bench.keys.up'), run: () => go('up') },
    { keys: 'Enter', label: t('bench.keys.accept') },
    { keys: 'Tab', label: t('bench.keys.next') },
    { keys: 'Escape', label: t('bench.keys.undo') },
    { keys: 'mod+Enter', label: t('bench.save'), run: () => active && saveRow(active) },
  ]);
  const c = list.data?.counts;
  return (
    <div className={active ? 'screen with-inspector' : 'screen'}>
      <div className="pane">
        <div className="tools">
          <select
            className="input"
            style={{ width: 'auto' }}
            aria-label={t('bench.section')}
            value={section}
            onChange={(e) => choose(e.currentTarget.value)}
          >
            <option value="*">{t('bench.allSections')}</option>
            {sections.data?.sections.map((s) => (
              <option key={s.department} value={s.department}>
                {t(`section.${s.department}`, { defaultValue: s.department })}
              </option>
            ))}
          </select>
          <select
            className="input"
            style={{ width: 'auto' }}
            aria-label={t('bench.analyzer')}
            value={search.instrument ?? ''}
            onChange={(e) =>
              void navigate({ to: '/bench', search: { ...search, instrument: e.currentTarget.value || undefined } })
            }
          >
            <option value="">{t('bench.allAnalyzers')}</option>
            {instruments.data?.instruments.map((i) => (
              <option key={i.id} value={i.id}>
                {i.name}
              </option>
            ))}
          </select>
          <Segments
            label={t('col.state')}
            value={states.find((s) => s === state) ?? null}
            onChange={(s) =>
              void navigate({ to: '/bench', search: { ...search, sample: undefined, section, state: s } })
            }
            options={states.map((s) => ({ value: s, label: t(`bench.show.${s}`), count: c?.[s] }))}
          />
          {search.sample && (
            <Button onClick={() => void navigate({ to: '/bench', search: section ? { section } : {} })}>
              {t('bench.allSamples')}
            </Button>
          )}
        </div>
        <div className="fill scroll" data-testid="worklist">
          <table className="table compact fixed wl">
            <thead>
              <tr>
                <th scope="col" style={{ width: 30 }}>
                  <abbr title={t('qc.title')} style={{ textDecoration: 'none' }}>
                    QC
                  </abbr>
                </th>
                <th scope="col">{t('col.test')}</th>
                <th scope="col" className="right" style={{ width: 80 }}>
                  {t('col.result')}
                </th>
                <th scope="col" style={{ width: 60 }}>
                  {t('col.flag')}
                </th>
                <th scope="col" className="hide-s" style={{ width: 90 }}>
                  {t('col.unit')}
                </th>
                <th scope="col" className="right hide-s" style={{ width: 78 }}>
                  {t('col.interval')}
                </th>
                <th scope="col" className="hide-s" style={{ width: 114 }}>
                  {t('col.previous')}
                </th>
                <th scope="col" className="hide-m" style={{ width: 64 }}>
                  {t('col.trend')}
                </th>
                <th scope="col" style={{ width: 98 }}>
                  {t('col.state')}
                </th>
              </tr>
            </thead>
            <tbody>
              {!list.data && !list.error && <SkeletonRows rows={12} columns={COLUMNS} />}
              {groups.map((g) => (
                <Fragment key={g.sample_id}>
                  <GroupRow
                    group={g}
                    open={isOpen(g)}
                    onToggle={() => setFolded((f) => ({ ...f, [g.sample_id]: isOpen(g) }))}
                  />
                  {isOpen(g) && g.rows.map((r) => <ResultRow key={r.item_id} row={r} entry={entry} onKey={onKey} />)}
                </Fragment>
              ))}
            </tbody>
          </table>
          {list.error && !list.data && (
            <div className="page">
              <Fault error={list.error} onRetry={() => void list.refetch()} />
            </div>
          )}
          {list.data?.groups.length === 0 && (
            <Empty
              action={
                <Button onClick={() => void navigate({ to: '/bench/instruments' })}>{t('bench.seeAnalyzers')}</Button>
              }
            >
              {t('bench.empty')}
            </Empty>
          )}
        </div>
        {waiting > 0 && (
          <button type="button" className="btn small" style={{ margin: 6 }} onClick={showNew} data-testid="show-new">
            {t('bench.newRows', { count: waiting })}
          </button>
        )}
        <footer className="foot">
          <KeyHint keys={['ArrowUp', 'ArrowDown']}>{t('bench.foot.row')}</KeyHint>
          <KeyHint keys={['Enter']}>{t('bench.foot.accept')}</KeyHint>
          <KeyHint keys={['Tab']}>{t('bench.foot.next')}</KeyHint>
          <KeyHint keys={['Escape']}>{t('bench.foot.undo')}</KeyHint>
          <KeyHint keys={['alt+n']}>{t('bench.foot.note')}</KeyHint>
          <span className="grow" />
          <span className="num nowrap">{c && t('bench.counts', { count: c.samples, open: c.open, all: c.all })}</span>
        </footer>
      </div>
      {active && (
        <Inspector
          key={active.item_id}
          row={active}
          entry={entry}
          seen={seen}
          needsSeen={needsSeen(active)}
          onSeen={setSeen}
          unsaved={typed.length}
          onSave={() => saveRow(active)}
          onClose={() => entry.act({ type: 'go', id: '' })}
        />
      )}
    </div>
  );
}

/** useSteadyGroups keeps the samples where they stand while new ones wait to be shown. */
function useSteadyGroups(came: S['Group'][] | undefined, query: string) {
  const [order, setOrder] = useState<{ query: string; ids: string[] }>({ query, ids: [] });
  const before = order.query === query ? order.ids : [];
  const s = steady(came ?? [], (g) => g.sample_id, before, false);
  const ids = s.shown.map((g) => g.sample_id);
  if (came && (order.query !== query || (before.length === 0 && ids.length > 0))) setOrder({ query, ids });
  return {
    groups: s.shown,
    waiting: s.waiting,
    showNew: () => setOrder({ query, ids: (came ?? []).map((g) => g.sample_id) }),
  };
}
