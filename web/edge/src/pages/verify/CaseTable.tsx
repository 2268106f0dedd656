import { Link } from '@tanstack/react-router';
import { toNumber } from '@jaanch/shared/lab/decimal';
import { clock, ms } from '@jaanch/shared/lab/when';
import { Sparkline } from '@jaanch/shared/ui/charts';
import { Delta, Flag } from '@jaanch/shared/ui/Flag';
import { QcMark } from '@jaanch/shared/ui/State';
import { Value } from '@jaanch/shared/ui/Value';
import { IconCheck, IconCircleCheck, IconCircleDashed, IconHandStop } from '@tabler/icons-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { points } from '../bench/WorklistTable';

/** CaseTable shows all panels of a visit in one table, held rows violet, with the two earlier values and the trend. */
export function CaseTable({
  data,
  active,
  onRow,
}: {
  data: S['Case'];
  active: string | undefined;
  onRow: (row: S['Row']) => void;
}) {
  const { t, i18n } = useTranslation();
  const dates = data.previous_dates.slice(0, 2).map((d) => ms(d) ?? 0);
  const dateText = (at: number): string =>
    new Date(at).toLocaleDateString(i18n.language === 'hi' ? 'hi-IN-u-nu-latn' : 'en-IN', {
      day: 'numeric',
      month: 'short',
    });
  const columns = 7 + dates.length + 1;
  return (
    <table className="table compact fixed case" data-testid="case">
      <thead>
        <tr>
          <th scope="col" style={{ width: 32 }}>
            <span className="vh">{t('col.state')}</span>
          </th>
          <th scope="col">{t('col.test')}</th>
          <th scope="col" className="right" style={{ width: 66 }}>
            {t('col.result')}
          </th>
          <th scope="col" style={{ width: 70 }}>
            {t('col.flag')}
          </th>
          <th scope="col" style={{ width: 88 }}>
            {t('col.unit')}
          </th>
          <th scope="col" className="right" style={{ width: 80 }}>
            {t('col.interval')}
          </th>
          {dates.map((d) => (
            <th key={d} scope="col" className="right" style={{ width: 56 }}>
              {dateText(d)}
            </th>
          ))}
          <th scope="col" style={{ width: 58 }}>
            <span className="vh">{t('flag.delta')}</span>
          </th>
          <th scope="col" style={{ width: 66 }}>
            {t('col.trend')}
          </th>
        </tr>
      </thead>
      <tbody>
        {data.panels.map((p) => (
          <Fragment key={p.code}>
            <tr className="panelrow">
              <td colSpan={columns}>
                <div className="row">
                  <span className="strong small">{p.code}</span>
                  <span className="sec small cut">
                    {[p.instrument, p.specimen, p.at ? clock(ms(p.at) ?? 0) : ''].filter(Boolean).join(' · ')}
                  </span>
                  <span className="grow" />
                  <span className="row small sec">
                    <QcMark state={p.qc} />
                    <Link to="/quality" search={{ test: p.rows.find((r) => r.qc === p.qc)?.test_id }}>
                      {t(`qc.${p.qc}`)}
                    </Link>
                  </span>
                </div>
              </td>
            </tr>
            {p.rows.map((r) => {
              const open = r.holds.some((h) => !h.decision);
              const held = r.state === 'held' || r.holds.length > 0;
              const name = i18n.language === 'hi' && r.name_local ? r.name_local : r.name;
              return (
                <tr
                  key={r.item_id}
                  className={held ? 'go heldrow' : 'go'}
                  aria-selected={active === r.item_id}
                  onClick={() => onRow(r)}
                  data-testid="case-row"
                  data-code={r.code}
                >
                  <td>
                    <RowMark row={r} open={open} held={held} />
                  </td>
                  <td>{name}</td>
                  <td className="right">
                    {r.value === '' ? <span className="dim">–</span> : <Value text={r.value} flag={r.flag} />}
                  </td>
                  <td>
                    <Flag code={r.flag} />
                  </td>
                  <td className="sec">{r.unit}</td>
                  <td className="right sec nowrap">
                    {r.interval.missing ? <span className="tone-delta">{t('bench.noInterval')}</span> : r.interval.text}
                  </td>
                  {dates.map((d, i) => (
                    <td key={d} className="right small sec">
                      {r.previous[i] && <Value text={r.previous[i]?.value ?? ''} />}
                    </td>
                  ))}
                  <td>{r.delta?.over && <Delta text={r.delta.text} />}</td>
                  <td>
                    <Sparkline points={points(r)} low={toNumber(r.interval.low)} high={toNumber(r.interval.high)} />
                  </td>
                </tr>
              );
            })}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function RowMark({ row, open, held }: { row: S['Row']; open: boolean; held: boolean }) {
  const { t } = useTranslation();
  if (row.value === '') return <IconCircleDashed size={15} className="tone-calm" aria-label={t('state.pending')} />;
  if (row.state === 'released')
    return <IconCircleCheck size={15} className="tone-released" aria-label={t('state.released')} />;
  if (open || held) return <IconHandStop size={15} className="tone-held" aria-label={t('state.held')} />;
  return <IconCheck size={15} className="tone-released" aria-label={t('verify.passes')} />;
}
