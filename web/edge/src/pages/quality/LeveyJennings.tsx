import { day, stamp } from '@jaanch/shared/lab/when';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';
import { lookOf, ruleText, zText, type Look } from './verdict';

const W = 680;
const H = 196;
const LEFT = 46;
const RIGHT = 52;
const TOP = 14;
const BOTTOM = 20;
const EDGE = 4; // beyond so many SD a point stands at the edge, with an arrow

const fills: Record<Look, string> = {
  calm: 'var(--text-2)',
  warn: 'var(--delta)',
  reject: 'var(--high)',
  excluded: 'var(--surface)',
  unjudged: 'var(--surface)',
};

const y = (z: number): number => TOP + ((EDGE - z) / (2 * EDGE)) * (H - TOP - BOTTOM);

/** one is a point of the level with its run. */
interface One {
  run: S['ControlRun'];
  point: S['ControlPoint'];
  at: number; // number of the run
}

/**
 * LeveyJennings draws one level of control over its runs, in their order: the zones of 1, 2 and 3 SD, each point by its
 * verdict, a mark where the target changed. Values stand at the left, SD at the right.
 */
export function LeveyJennings(props: {
  chart: S['ControlChart'];
  level: S['ControlLevel'];
  selected: string | undefined;
  onSelect: (run: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const { chart, level } = props;
  const n = Math.max(chart.runs.length, 2);
  const x = (i: number): number => LEFT + 8 + (i * (W - LEFT - RIGHT - 16)) / (n - 1);
  const points: One[] = chart.runs.flatMap((run, at) =>
    run.points.filter((p) => p.control_id === level.control_id).map((point) => ({ run, point, at })),
  );
  const judged = points.filter((p) => p.point.z && !p.point.excluded);
  const clamp = (z: number): number => Math.max(-EDGE, Math.min(EDGE, z));
  const dates = [0, Math.floor((chart.runs.length - 1) / 2), chart.runs.length - 1].filter(
    (v, i, all) => v >= 0 && all.indexOf(v) === i,
  );
  return (
    <svg
      className="num lj"
      width="100%"
      viewBox={`0 0 ${W} ${H}`}
      role="img"
      aria-label={t('quality.chartOf', { level: level.level, n: points.length })}
      data-testid="levey-jennings"
      data-level={level.level}
    >
      <Zones level={level} />
      {judged.length > 1 && (
        <polyline
          points={judged.map((p) => `${x(p.at).toFixed(1)},${y(clamp(Number(p.point.z))).toFixed(1)}`).join(' ')}
          fill="none"
          stroke="var(--text-3)"
          strokeWidth="1.2"
        />
      )}
      {points
        .filter((p) => p.point.new_target)
        .map((p) => (
          <g key={`t${p.point.id}`}>
            <line x1={x(p.at) - 5} x2={x(p.at) - 5} y1={TOP - 4} y2={H - BOTTOM} className="event" />
            <text x={x(p.at) - 2} y={TOP - 4} fontSize="10" fill="var(--text-2)">
              {t('quality.newTarget')}
            </text>
          </g>
        ))}
      {points.map((p) => (
        <Dot
          key={p.point.id}
          x={x(p.at)}
          y={p.point.z ? y(clamp(Number(p.point.z))) : y(0)}
          beyond={p.point.z ? Math.sign(Number(p.point.z)) * (Math.abs(Number(p.point.z)) > EDGE ? 1 : 0) : 0}
          look={lookOf(p.run, p.point)}
          selected={p.run.id === props.selected}
          onSelect={() => props.onSelect(p.run.id)}
          label={[
            stamp(Date.parse(p.run.at), i18n.language),
            `${p.point.value} ${p.point.unit}`,
            `z ${zText(p.point.z)}`,
            p.point.excluded ? t(`quality.excludedFor.${p.point.excluded}`) : '',
            ...p.run.violations.map((v) => ruleText(v.rule, t)),
          ]
            .filter(Boolean)
            .join('\n')}
        />
      ))}
      {dates.map((i) => (
        <text key={i} x={x(i)} y={H - 5} fontSize="11" textAnchor="middle" fill="var(--text-2)">
          {day(Date.parse(chart.runs[i]?.at ?? ''), i18n.language)}
        </text>
      ))}
    </svg>
  );
}

/** Zones are the grounds and lines of the chart: green within 1 SD, amber from 2 to 3, red beyond. */
function Zones({ level }: { level: S['ControlLevel'] }) {
  const { t } = useTranslation();
  const mean = Number(level.mean);
  const sd = Number(level.sd);
  const known = level.mean !== undefined && level.sd !== undefined;
  const places = Math.max(...[level.mean ?? '', level.sd ?? ''].map((v) => v.split('.')[1]?.length ?? 0));
  const band = (from: number, to: number, fill: string) => (
    <rect x={LEFT} width={W - LEFT - RIGHT} y={y(to)} height={y(from) - y(to)} fill={fill} />
  );
  return (
    <g>
      {band(-1, 1, 'var(--released-soft)')}
      {band(2, 3, 'var(--delta-soft)')}
      {band(-3, -2, 'var(--delta-soft)')}
      {band(3, EDGE, 'var(--high-soft)')}
      {band(-EDGE, -3, 'var(--high-soft)')}
      {[3, 2, 1, 0, -1, -2, -3].map((k) => (
        <g key={k}>
          <line
            x1={LEFT}
            x2={W - RIGHT}
            y1={y(k)}
            y2={y(k)}
            stroke={Math.abs(k) === 3 ? 'var(--high)' : Math.abs(k) === 0 ? 'var(--text-2)' : 'var(--line-strong)'}
            strokeWidth={k === 0 || Math.abs(k) === 3 ? 1.1 : 0.8}
            strokeDasharray={k === 0 || Math.abs(k) === 3 ? undefined : '3 3'}
          />
          {known && (
            <text x={LEFT - 5} y={y(k) + 4} fontSize="11" textAnchor="end" fill="var(--text-2)">
              {(mean + k * sd).toFixed(places)}
            </text>
          )}
          <text x={W - RIGHT + 5} y={y(k) + 4} fontSize="11" fill="var(--text-2)">
            {k === 0 ? t('quality.mean') : `${k > 0 ? '+' : '−'}${Math.abs(k)} SD`}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Dot is one value: circle in control, triangle warned, square rejected, hollow left out or not judged. */
function Dot(props: {
  x: number;
  y: number;
  beyond: number;
  look: Look;
  selected: boolean;
  label: string;
  onSelect: () => void;
}) {
  const { x: cx, y: cy, look } = props;
  const hollow = look === 'excluded' || look === 'unjudged';
  return (
    <g className="dot" onClick={props.onSelect} data-look={look}>
      <title>{props.label}</title>
      <rect x={cx - 9} y={cy - 9} width="18" height="18" fill="transparent" />
      {props.selected && <circle cx={cx} cy={cy} r="8.5" fill="none" stroke="var(--accent)" strokeWidth="1.6" />}
      {look === 'reject' && <rect x={cx - 4.2} y={cy - 4.2} width="8.4" height="8.4" fill={fills.reject} />}
      {look === 'warn' && <path d={`M${cx} ${cy - 5.4}l5.4 9.4h-10.8z`} fill={fills.warn} />}
      {(look === 'calm' || hollow) && (
        <circle
          cx={cx}
          cy={cy}
          r={hollow ? 3.6 : 3}
          fill={fills[look]}
          stroke={hollow ? 'var(--text-2)' : 'none'}
          strokeWidth="1.3"
        />
      )}
      {props.beyond !== 0 && (
        <path
          d={props.beyond > 0 ? `M${cx} ${cy - 12}l4 5h-8z` : `M${cx} ${cy + 12}l4 -5h-8z`}
          fill={fills[look === 'calm' ? 'calm' : look]}
        />
      )}
    </g>
  );
}
