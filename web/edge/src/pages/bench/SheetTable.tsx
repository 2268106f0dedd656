import type { SheetLine } from '@jaanch/shared/lab/sheet';
import { due, ms } from '@jaanch/shared/lab/when';
import { useNow } from '@jaanch/shared/hooks/now';
import { Flag } from '@jaanch/shared/ui/Flag';
import { SkeletonRows } from '@jaanch/shared/ui/Rows';
import { IconHandStop, IconProgress } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { editable } from './entry';
import type { TableProps } from './SampleTable';
import { SampleName } from './TestTable';
import { Cell } from './WorklistTable';

/** columnsOf are the tests of the grid: those that the node named, else all that the samples have. */
export function columnsOf(named: S['Column'][] | undefined, groups: S['Group'][]): S['Column'][] {
  if (named && named.length > 0) return named;
  const out = new Map<string, S['Column']>();
  for (const r of groups.flatMap((g) => g.rows)) if (!out.has(r.test_id)) out.set(r.test_id, r);
  return [...out.values()];
}

/** linesOf are the cells of the grid for the keyboard; null where a sample does not have the test. */
export function linesOf(groups: S['Group'][], columns: S['Column'][], text: Record<string, string>): SheetLine[] {
  return groups.map((g) =>
    columns.map((c) => {
      const r = g.rows.find((x) => x.test_id === c.test_id);
      return r ? { id: r.item_id, editable: editable(r), empty: (text[r.item_id] ?? r.value) === '' } : null;
    }),
  );
}

/** SheetTable is the grid: samples down, the tests of a panel across. */
export function SheetTable({
  groups,
  columns,
  entry,
  onKey,
  loading,
  onInspect,
}: TableProps & { columns: S['Column'][]; onInspect: (id: string) => void }) {
  const { t, i18n } = useTranslation();
  return (
    <table role="grid" className="table compact sheet">
      <thead>
        <tr>
          <th scope="col" className="lead">
            {t('bench.sample')}
          </th>
          {columns.map((c) => (
            <th key={c.test_id} scope="col" className="right">
              <span title={i18n.language === 'hi' && c.name_local ? c.name_local : c.name}>
                {c.code}
                {c.calculated && (
                  <span className="fx" title={t('bench.calculated')}>
                    fx
                  </span>
                )}
              </span>
              <span className="unit">{c.unit}</span>
            </th>
          ))}
          <th scope="col">{t('bench.dueHead')}</th>
        </tr>
      </thead>
      <tbody>
        {loading && <SkeletonRows rows={12} columns={Math.max(6, columns.length + 2)} />}
        {groups.map((g) => (
          <tr key={g.sample_id} data-testid="sheet-line" data-accession={g.accession}>
            <th scope="row" className="lead">
              <SampleName group={g} />
            </th>
            {columns.map((c) => {
              const r = g.rows.find((x) => x.test_id === c.test_id);
              return r ? (
                <SheetCell
                  key={c.test_id}
                  row={r}
                  sample={g.accession}
                  entry={entry}
                  onKey={onKey}
                  onInspect={onInspect}
                />
              ) : (
                <td key={c.test_id} role="gridcell" className="hole" aria-label={t('bench.notOrdered')} />
              );
            })}
            <td className="nowrap">
              <DueMark at={ms(g.due_at)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function SheetCell({
  row: r,
  sample,
  entry,
  onKey,
  onInspect,
}: Pick<TableProps, 'entry' | 'onKey'> & { row: S['Row']; sample: string; onInspect: (id: string) => void }) {
  const { t } = useTranslation();
  const active = entry.active === r.item_id;
  const el = useRef<HTMLTableCellElement>(null);
  useEffect(() => {
    if (!active) return;
    el.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    if (!editable(r)) el.current?.focus({ preventScroll: true });
  }, [active, r]);
  const typed = entry.text[r.item_id] !== undefined;
  return (
    <td
      ref={el}
      role="gridcell"
      className={`right ${!typed && r.state === 'held' ? 'held' : ''}`}
      aria-selected={active}
      tabIndex={active && !editable(r) ? 0 : -1}
      data-testid="sheet-cell"
      data-code={r.code}
      data-state={r.state}
      onClick={() => entry.act({ type: 'go', id: r.item_id })}
      onDoubleClick={() => onInspect(r.item_id)}
      onKeyDown={(e) => {
        if (!editable(r)) onKey(e, r);
      }}
    >
      <span className="row end">
        <Cell row={r} entry={entry} active={active} name={`${r.name}, ${sample}`} onKey={onKey} />
        <span className="mark">
          {!typed && r.state === 'held' && !r.flag ? (
            <IconHandStop size={13} stroke={1.75} className="tone-held" aria-label={t('state.held')} />
          ) : !typed && r.value === '' && r.waiting_on ? (
            <IconProgress size={13} stroke={1.75} className="dim" aria-label={t('bench.on', { name: r.waiting_on })} />
          ) : (
            !typed && <Flag code={r.flag} />
          )}
        </span>
      </span>
    </td>
  );
}

function DueMark({ at }: { at: number | null }) {
  const { t } = useTranslation();
  const now = useNow();
  if (at === null) return null;
  const d = due(at, now, t);
  return <span className={`small tone-${d.tone} ${d.tone === 'calm' ? '' : 'strong'}`}>{d.text}</span>;
}
