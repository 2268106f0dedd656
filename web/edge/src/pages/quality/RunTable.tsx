import { ms, stamp } from '@jaanch/shared/lab/when';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { zText } from './verdict';

const tones: Record<S['ControlRun']['status'], string> = {
  accept: 'tone-released',
  warn: 'tone-delta',
  reject: 'tone-high',
  unjudged: 'tone-calm',
};

/** RunTable lists the runs of a chart, newest first, with the value and z of each level and the verdict in words. */
export function RunTable(props: {
  chart: S['ControlChart'];
  selected: string | undefined;
  onSelect: (run: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const { chart } = props;
  if (chart.runs.length === 0) return null;
  return (
    <table className="table" data-testid="quality-runs">
      <thead>
        <tr>
          <th scope="col">{t('quality.runAt')}</th>
          {chart.levels.map((l) => (
            <th key={l.control_id} scope="col" className="right">
              {t('quality.level', { level: l.level })}
            </th>
          ))}
          <th scope="col">{t('quality.verdict')}</th>
        </tr>
      </thead>
      <tbody>
        {[...chart.runs].reverse().map((r) => (
          <tr
            key={r.id}
            className="go"
            aria-selected={r.id === props.selected}
            onClick={() => props.onSelect(r.id)}
            data-status={r.status}
          >
            <td className="nowrap num">{stamp(ms(r.at) ?? 0, i18n.language)}</td>
            {chart.levels.map((l) => (
              <td key={l.control_id} className="right num nowrap">
                {r.points
                  .filter((p) => p.control_id === l.control_id)
                  .map((p) => (
                    <span key={p.id} style={p.excluded ? { textDecoration: 'line-through' } : undefined}>
                      {p.value} <span className="sec small">{zText(p.z)} </span>
                    </span>
                  ))}
              </td>
            ))}
            <td>
              <span className={`state ${tones[r.status]}`}>
                {r.first_rule
                  ? t('quality.byRule', { verdict: t(`quality.status.${r.status}`), rule: r.first_rule })
                  : t(`quality.status.${r.status}`)}
              </span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
