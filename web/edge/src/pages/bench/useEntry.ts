import { must } from '@jaanch/shared/api/client';
import { problemOf, type Problem } from '@jaanch/shared/api/problem';
import { dirty, grid, gridStart, type GridAction, type GridRow, type GridState } from '@jaanch/shared/lab/grid';
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { editable } from './entry';

const DRAFT_REST_MS = 300;

/** Entry is the results grid at work: cursor, typed text, drafts, saves, and what went wrong with which row. */
export interface Entry {
  active: string | null;
  text: Record<string, string>;
  saving: Record<string, boolean>;
  problems: Record<string, Problem>;
  drafted: boolean;
  act: (a: GridAction) => void;
  save: (ids: string[], seen?: boolean, versions?: string) => void;
  forget: (id: string) => void;
}

/** useEntry keeps what is typed as a draft on the node, and saves rows one by one: one refused row never holds up others. */
export function useEntry(rows: S['Row'][], start: string | undefined): Entry {
  const byId = useMemo(() => new Map(rows.map((r) => [r.item_id, r])), [rows]);
  const cells = useMemo<GridRow[]>(
    () => rows.map((r) => ({ id: r.item_id, editable: editable(r), value: r.value })),
    [rows],
  );
  const cellsRef = useRef(cells);
  const [state, dispatch] = useReducer(
    (s: GridState, d: { action: GridAction; rows: GridRow[] }) => grid(s, d.action, d.rows),
    {
      ...gridStart,
      active: start ?? null,
    },
  );
  const [saving, setSaving] = useState<Record<string, boolean>>({});
  const [problems, setProblems] = useState<Record<string, Problem>>({});
  const [drafted, setDrafted] = useState(true);
  useEffect(() => {
    cellsRef.current = cells;
  }, [cells]);
  const act = useCallback((action: GridAction) => {
    if (action.type === 'type') setDrafted(false);
    dispatch({ action, rows: cellsRef.current });
  }, []);

  useEffect(() => {
    const mine = rows.flatMap((r) =>
      r.draft?.mine && r.draft.text !== r.value ? [[r.item_id, r.draft.text] as const] : [],
    );
    if (mine.length > 0)
      dispatch({ action: { type: 'drafts', text: Object.fromEntries(mine) }, rows: cellsRef.current });
  }, [rows]);

  const kept = useRef<Record<string, string>>({});
  const flush = useCallback((text: Record<string, string>) => {
    const undone = Object.keys(kept.current).filter((id) => !(id in text));
    const changed = [
      ...Object.entries(text).filter(([id, v]) => kept.current[id] !== v),
      ...undone.map((id) => [id, ''] as const), // an empty text drops the draft
    ];
    kept.current = { ...text };
    if (changed.length === 0) return;
    void Promise.allSettled(
      changed.map(([id, v]) => api.PUT('/api/v1/items/{id}/draft', { params: { path: { id } }, body: { text: v } })),
    ).then((all) => setDrafted(all.every((x) => x.status === 'fulfilled')));
  }, []);
  const latest = useRef(state.text);
  useEffect(() => {
    latest.current = state.text;
    const timer = setTimeout(() => flush(state.text), DRAFT_REST_MS);
    return () => clearTimeout(timer);
  }, [state.text, flush]);
  useEffect(() => flush(latest.current), [state.active, flush]);
  useEffect(() => () => flush(latest.current), [flush]);

  const save = useCallback(
    (ids: string[], seen = false, versions?: string) => {
      for (const c of dirty({ active: null, text: latest.current }, cellsRef.current)) {
        if (!ids.includes(c.id)) continue;
        const row = byId.get(c.id);
        const value = latest.current[c.id]?.trim() ?? '';
        if (!row || value === '') continue;
        setSaving((s) => ({ ...s, [c.id]: true }));
        setProblems((p) => without(p, c.id));
        must(
          api.PUT('/api/v1/items/{id}/result', {
            params: { path: { id: c.id } },
            body: { value, versions: versions ?? row.versions, ...(seen ? { critical_seen: true } : {}) },
          }),
        )
          .then(
            () => {
              // What was typed while the save was on its way stays.
              if (latest.current[c.id]?.trim() === value) act({ type: 'saved', ids: [c.id] });
              kept.current = without(kept.current, c.id);
              void queries.invalidateQueries({
                predicate: (q) => ['worklist', 'row', 'today', 'sections'].includes(String(q.queryKey[0])),
              });
            },
            (err: unknown) => setProblems((p) => ({ ...p, [c.id]: problemOf(err) })),
          )
          .finally(() => setSaving((s) => without(s, c.id)));
      }
    },
    [byId, act],
  );
  const forget = useCallback((id: string) => setProblems((p) => without(p, id)), []);
  return { active: state.active, text: state.text, saving, problems, drafted, act, save, forget };
}

function without<T>(record: Record<string, T>, id: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([k]) => k !== id));
}
