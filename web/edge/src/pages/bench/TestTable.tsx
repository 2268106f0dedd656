import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Priority } from '@jaanch/shared/ui/State';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { sexAge } from '../../frame/Scan';
import { ListTable, type TableProps } from './SampleTable';
import { COLUMNS, ResultRow } from './WorklistTable';

interface OfTest {
  test: S['Row'];
  rows: S['Row'][];
  samples: Map<string, S['Group']>; // by row
}

/** byTest turns samples with their tests into tests with their samples, both in the order of the list. */
export function byTest(groups: S['Group'][]): OfTest[] {
  const out = new Map<string, OfTest>();
  for (const g of groups) {
    for (const r of g.rows) {
      const of = out.get(r.test_id) ?? { test: r, rows: [], samples: new Map<string, S['Group']>() };
      of.rows.push(r);
      of.samples.set(r.item_id, g);
      out.set(r.test_id, of);
    }
  }
  return [...out.values()];
}

/** TestTable is the list test by test: one test is entered down all its samples. */
export function TestTable({ groups, entry, onKey, loading }: TableProps) {
  const { t, i18n } = useTranslation();
  return (
    <ListTable first={t('bench.sample')} loading={loading} oneTest>
      {byTest(groups).map((x) => (
        <Fragment key={x.test.test_id}>
          <tr className="group" data-testid="test-group" data-code={x.test.code}>
            <td colSpan={COLUMNS - 1}>
              <div className="row" style={{ gap: 12 }}>
                <span className="strong">
                  {i18n.language === 'hi' && x.test.name_local ? x.test.name_local : x.test.name}
                </span>
                <span className="sec">{x.test.code}</span>
                <span className="sec">{x.test.unit}</span>
                <span className="grow" />
                <span className="sec small num">
                  {t('bench.doneOf', { n: x.rows.filter((r) => r.value !== '').length, of: x.rows.length })}
                </span>
              </div>
            </td>
          </tr>
          {x.rows.map((r) => (
            <ResultRow
              key={r.item_id}
              row={r}
              entry={entry}
              onKey={onKey}
              lead={<SampleName group={x.samples.get(r.item_id)} />}
            />
          ))}
        </Fragment>
      ))}
    </ListTable>
  );
}

/** SampleName is a sample in one line: priority, lab number, sex and age. */
export function SampleName({ group: g }: { group: S['Group'] | undefined }) {
  const { t } = useTranslation();
  if (!g) return null;
  return (
    <span className="row" style={{ gap: 8 }}>
      <LabNo value={g.accession} />
      <span className="sec nowrap">{sexAge(g, t)}</span>
      <Priority value={g.priority} />
    </span>
  );
}
