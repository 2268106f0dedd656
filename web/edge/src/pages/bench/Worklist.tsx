import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { useKept } from '@jaanch/shared/hooks/kept';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { dirty } from '@jaanch/shared/lab/grid';
import type { Way } from '@jaanch/shared/lab/sheet';
import { Button } from '@jaanch/shared/ui/Button';
import { KeyHint } from '@jaanch/shared/ui/Keys';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { Choices } from './Choices';
import { toneOf } from './entry';
import { useFilter } from './filter';
import { Inspector } from './Inspector';
import { leads, movesOf } from './keys';
import { SampleTable } from './SampleTable';
import { columnsOf, linesOf, SheetTable } from './SheetTable';
import { steady } from './steady';
import { byTest, TestTable } from './TestTable';
import { useEntry } from './useEntry';
import { WorklistTools } from './WorklistTools';

/** Worklist is the list of one section, in one of its three views. All of them share the cursor, the drafts and the saves. */
export function Worklist({ section }: { section: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const filter = useFilter(section);
  const { view, search } = filter;
  const chosen = view !== 'grid' || search.pick !== undefined;
  const list = useInfiniteQuery({
    queryKey: ['worklist', filter.query],
    queryFn: ({ pageParam }) =>
      must(api.GET('/api/v1/worklist', { params: { query: { ...filter.query, cursor: pageParam } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    enabled: chosen,
  });
  const came = useMemo(() => list.data?.pages.flatMap((p) => p.groups), [list.data]);
  const { groups, waiting, showNew } = useSteadyGroups(came, JSON.stringify([filter.query, list.data?.pages.length]));
  const [folded, setFolded] = useState<Record<string, boolean>>({});
  const [way, setWay] = useKept<Way>('bench.way', 'down');
  const isOpen = (g: S['Group']): boolean => !(folded[g.sample_id] ?? g.sample_state === 'rejected');
  const columns = useMemo(() => columnsOf(list.data?.pages[0]?.columns, groups), [list.data, groups]);
  const rows = useMemo(() => {
    if (view === 'test') return byTest(groups).flatMap((x) => x.rows);
    return groups
      .filter((g) => view === 'grid' || !(folded[g.sample_id] ?? g.sample_state === 'rejected'))
      .flatMap((g) => g.rows);
  }, [groups, folded, view]);
  const entry = useEntry(rows, search.row);
  const [seen, setSeen] = useState(false);
  const active = rows.find((r) => r.item_id === entry.active);
  const lines = linesOf(groups, columns, entry.text);
  const move = movesOf(view, lines, way, entry);

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
  const go = (key: Parameters<typeof move>[0]): void => {
    setSeen(false);
    move(key);
  };
  const onKey = (e: KeyboardEvent, r: S['Row']): void => {
    const key = leads(e, view);
    if (key === null) return;
    if (key === 'undo') {
      entry.act({ type: 'undo' });
      entry.forget(r.item_id);
    } else if (key === 'accept' || key === 'nextEmpty' || key === 'prevEmpty') {
      if (saveRow(r)) go(key);
    } else go(key);
    e.preventDefault();
    e.stopPropagation();
  };
  const typed = dirty(
    { active: null, text: entry.text },
    rows.map((r) => ({ id: r.item_id, editable: true, value: r.value })),
  );
  const saveTyped = (): void => {
    if (view !== 'grid') {
      if (active) saveRow(active);
      return;
    }
    const ready = rows.filter((r) => typed.some((c) => c.id === r.item_id) && !needsSeen(r));
    entry.save(ready.filter((r) => toneOf(entry.text[r.item_id] ?? '', r) !== 'bad').map((r) => r.item_id));
    if (active && needsSeen(active)) saveRow(active);
  };
  useKeys([
    { keys: 'ArrowDown', label: t('bench.keys.down'), run: () => go('down') },
    { keys: 'ArrowUp', label: t('bench.keys.up'), run: () => go('up') },
    ...(view === 'grid'
      ? [
          { keys: 'ArrowRight', label: t('bench.keys.right'), run: () => go('right') },
          { keys: 'ArrowLeft', label: t('bench.keys.left'), run: () => go('left') },
        ]
      : []),
    {
      keys: 'Enter',
      label: view === 'grid' && way === 'across' ? t('bench.keys.acceptAcross') : t('bench.keys.accept'),
    },
    { keys: 'Tab', label: t('bench.keys.next') },
    { keys: 'Escape', label: t('bench.keys.undo') },
    { keys: 'mod+Enter', label: view === 'grid' ? t('bench.keys.saveAll') : t('bench.save'), run: saveTyped },
    { keys: 'alt+1', label: t('bench.view.sample'), run: () => filter.set({ view: 'sample' }), typing: true },
    { keys: 'alt+2', label: t('bench.view.test'), run: () => filter.set({ view: 'test' }), typing: true },
    { keys: 'alt+3', label: t('bench.view.grid'), run: () => filter.set({ view: 'grid' }), typing: true },
  ]);
  const table = { groups, entry, onKey, loading: !list.data && !list.error };
  const [asked, setAsked] = useState<string | null>(null);
  const inspect =
    active !== undefined &&
    (view !== 'grid' || asked === active.item_id || needsSeen(active) || entry.problems[active.item_id] !== undefined);
  const counts = list.data?.pages[0]?.counts;
  return (
    <div className={`screen ${inspect ? 'with-inspector' : ''} ${view === 'grid' ? 'over' : ''}`}>
      <div className="pane">
        <WorklistTools section={section} filter={filter} counts={counts} way={way} onWay={setWay} />
        {!chosen ? (
          <Choices narrow={filter.narrow} onPick={(pick) => filter.set({ pick })} />
        ) : (
          <div className="fill scroll" data-testid="worklist">
            {view === 'sample' && (
              <SampleTable
                {...table}
                isOpen={isOpen}
                onToggle={(g) => setFolded((f) => ({ ...f, [g.sample_id]: isOpen(g) }))}
              />
            )}
            {view === 'test' && <TestTable {...table} />}
            {view === 'grid' && (groups.length > 0 || table.loading) && (
              <SheetTable {...table} columns={columns} onInspect={setAsked} />
            )}
            {list.error && !list.data && (
              <div className="page">
                <Fault error={list.error} onRetry={() => void list.refetch()} />
              </div>
            )}
            {list.data && groups.length === 0 && waiting === 0 && (
              <Empty
                action={
                  search.pick || search.instrument ? (
                    <Button onClick={() => filter.set({ pick: undefined, instrument: undefined, state: undefined })}>
                      {t('bench.clearFilter')}
                    </Button>
                  ) : (
                    <Button onClick={() => void navigate({ to: '/bench/instruments' })}>
                      {t('bench.seeAnalyzers')}
                    </Button>
                  )
                }
              >
                {t('bench.empty')}
              </Empty>
            )}
            {list.hasNextPage && (
              <div className="row" style={{ padding: 12 }}>
                <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()} data-testid="more">
                  {t('bench.more')}
                </Button>
              </div>
            )}
          </div>
        )}
        {waiting > 0 && (
          <button type="button" className="btn small" style={{ margin: 6 }} onClick={showNew} data-testid="show-new">
            {t('bench.newRows', { count: waiting })}
          </button>
        )}
        <footer className={view === 'grid' ? 'foot acts' : 'foot'}>
          <KeyHint
            keys={view === 'grid' ? ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']}
          >
            {view === 'grid' ? t('bench.foot.cell') : t('bench.foot.row')}
          </KeyHint>
          <KeyHint keys={['Enter']}>{t('bench.foot.accept')}</KeyHint>
          <KeyHint keys={['Tab']}>{t('bench.foot.next')}</KeyHint>
          <KeyHint keys={['Escape']}>{t('bench.foot.undo')}</KeyHint>
          {view !== 'grid' && <KeyHint keys={['alt+n']}>{t('bench.foot.note')}</KeyHint>}
          <span className="grow" />
          <span className="num nowrap">
            {counts && t('bench.counts', { count: counts.samples, open: counts.open, all: counts.all })}
          </span>
          {view === 'grid' && chosen && (
            <Button
              look="primary"
              keys="mod+Enter"
              disabled={typed.length === 0}
              onClick={saveTyped}
              data-testid="save-typed"
            >
              {t('bench.saveTyped', { count: typed.length })}
            </Button>
          )}
        </footer>
      </div>
      {active && inspect && (
        <Inspector
          key={active.item_id}
          row={active}
          entry={entry}
          seen={seen}
          needsSeen={needsSeen(active)}
          onSeen={setSeen}
          unsaved={typed.length}
          onSave={() => saveRow(active)}
          onClose={() => {
            setAsked(null);
            if (view === 'grid') entry.forget(active.item_id);
            else entry.act({ type: 'go', id: '' });
          }}
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
