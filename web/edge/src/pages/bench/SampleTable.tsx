import { SkeletonRows } from '@jaanch/shared/ui/Rows';
import { Fragment, type KeyboardEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import type { Entry } from './useEntry';
import { COLUMNS, GroupRow, ResultRow } from './WorklistTable';

/** TableProps is what every view of the list is given. */
export interface TableProps {
  groups: S['Group'][];
  entry: Entry;
  onKey: (e: KeyboardEvent, row: S['Row']) => void;
  loading: boolean;
}

/** SampleTable is the list sample by sample. */
export function SampleTable(
  props: TableProps & { isOpen: (g: S['Group']) => boolean; onToggle: (g: S['Group']) => void },
) {
  const { t } = useTranslation();
  return (
    <ListTable first={t('col.test')} loading={props.loading}>
      {props.groups.map((g) => (
        <Fragment key={g.sample_id}>
          <GroupRow group={g} open={props.isOpen(g)} onToggle={() => props.onToggle(g)} />
          {props.isOpen(g) &&
            g.rows.map((r) => <ResultRow key={r.item_id} row={r} entry={props.entry} onKey={props.onKey} />)}
        </Fragment>
      ))}
    </ListTable>
  );
}

/** ListTable is the table head that the views by sample and by test share. */
export function ListTable({
  first,
  loading,
  oneTest = false,
  children,
}: {
  first: string;
  loading: boolean;
  oneTest?: boolean; // rows of one test under each other: the unit stands above them
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <table className="table compact fixed wl">
      <thead>
        <tr>
          <th scope="col" style={{ width: 30 }}>
            <abbr title={t('qc.title')} style={{ textDecoration: 'none' }}>
              QC
            </abbr>
          </th>
          <th scope="col">{first}</th>
          <th scope="col" className="right" style={{ width: 80 }}>
            {t('col.result')}
          </th>
          <th scope="col" style={{ width: 60 }}>
            {t('col.flag')}
          </th>
          {!oneTest && (
            <th scope="col" className="hide-s" style={{ width: 90 }}>
              {t('col.unit')}
            </th>
          )}
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
        {loading && <SkeletonRows rows={12} columns={COLUMNS} />}
        {children}
      </tbody>
    </table>
  );
}
