import { useTranslation } from 'react-i18next';
import { flagLook } from '../lab/flags';

/** PlotPoint is one value in time; num places it, text is what was reported. */
export interface PlotPoint {
  at: number;
  num: number;
  text: string;
  flag?: string | undefined;
}

const tones: Record<string, string> = {
  high: 'var(--high)',
  low: 'var(--low)',
  critical: 'var(--critical)',
  abnormal: 'var(--delta)',
  none: 'var(--text)',
};

function toneOf(flag: string | undefined): string {
  return tones[flagLook(flag)?.tone ?? 'none'] ?? 'var(--text)';
}

function scale(values: number[], from: number, to: number): (v: number) => number {
  const min = Math.min(...values);
  const max = Math.max(...values);
  const span = max - min || 1;
  return (v) => to - ((v - min) / span) * (to - from);
}

/** Sparkline is the trend in a row: 52×16, the interval as a band, the last point in the colour of its flag. */
export function Sparkline(props: { points: PlotPoint[]; low?: number | null; high?: number | null }) {
  const { points } = props;
  if (points.length < 2) return <svg width="52" height="16" aria-hidden="true" />;
  const limits = [props.low, props.high].filter((v): v is number => typeof v === 'number');
  const y = scale([...points.map((p) => p.num), ...limits], 2, 14);
  const x = (i: number): number => 2 + (i * 46) / (points.length - 1);
  const last = points[points.length - 1];
  const top = props.high === null || props.high === undefined ? 0 : y(props.high);
  const bottom = props.low === null || props.low === undefined ? 16 : y(props.low);
  return (
    <svg width="52" height="16" viewBox="0 0 52 16" aria-hidden="true">
      {limits.length > 0 && (
        <rect x="0" y={top} width="52" height={Math.max(1, bottom - top)} fill="var(--surface-3)" />
      )}
      <polyline
        points={points.map((p, i) => `${x(i).toFixed(1)},${y(p.num).toFixed(1)}`).join(' ')}
        fill="none"
        stroke="var(--text-2)"
        strokeWidth="1.2"
      />
      {last && <circle cx={x(points.length - 1)} cy={y(last.num)} r="2.2" fill={toneOf(last.flag)} />}
    </svg>
  );
}

export interface Limits {
  low?: number | null | undefined;
  high?: number | null | undefined;
  critLow?: number | null | undefined;
  critHigh?: number | null | undefined;
}

/** RangeBar sets a value among its limits: critical, out, inside, out, critical. */
export function RangeBar({ value, limits }: { value: number | null; limits: Limits }) {
  const { t } = useTranslation();
  const marks = [limits.critLow, limits.low, limits.high, limits.critHigh].filter(
    (v): v is number => typeof v === 'number',
  );
  if (marks.length === 0) return null;
  const first = marks[0] ?? 0;
  const lastMark = marks[marks.length - 1] ?? first;
  const pad = (lastMark - first || Math.abs(first) || 1) * 0.4;
  const min = Math.min(first - pad, value ?? first);
  const max = Math.max(lastMark + pad, value ?? lastMark);
  const x = (v: number): number => ((v - min) / (max - min)) * 386;
  const inside = (v: number): string => {
    if (isNum(limits.critLow) && v < limits.critLow) return 'var(--critical-line)';
    if (isNum(limits.critHigh) && v > limits.critHigh) return 'var(--critical-line)';
    if (isNum(limits.low) && v < limits.low) return 'var(--line-strong)';
    if (isNum(limits.high) && v > limits.high) return 'var(--line-strong)';
    return 'var(--released-line)';
  };
  const ground = value === null ? '' : inside(value);
  const mark =
    ground === 'var(--critical-line)'
      ? 'var(--critical)'
      : ground === 'var(--line-strong)'
        ? 'var(--high)'
        : 'var(--text)';
  const edges = [min, ...marks, max];
  return (
    <svg className="num" width="100%" viewBox="0 0 388 34" role="img" aria-label={t('plot.range')}>
      {edges.slice(0, -1).map((e, i) => {
        const to = edges[i + 1] ?? e;
        return (
          <rect
            key={`${i}-${e}`}
            x={x(e) + 1}
            y="9"
            width={Math.max(0, x(to) - x(e) - 2)}
            height="6"
            rx="2"
            fill={inside((e + to) / 2)}
          />
        );
      })}
      {value !== null && <path d={`M${x(value) - 5} 0h10l-5 7v9`} fill={mark} stroke={mark} strokeWidth="1" />}
      {marks.map((m) => (
        <text key={m} x={x(m)} y="28" fontSize="11" textAnchor="middle" fill="var(--text-2)">
          {m}
        </text>
      ))}
    </svg>
  );
}

function isNum(v: number | null | undefined): v is number {
  return typeof v === 'number';
}

/** Trend is the plot of the inspector: the interval as a band, critical limits dashed, each point with its value. */
export function Trend(props: { points: PlotPoint[]; limits: Limits; label: (at: number) => string; height?: number }) {
  const { t } = useTranslation();
  const { points, limits } = props;
  const h = props.height ?? 120;
  if (points.length === 0) return <p className="small dim">{t('plot.none')}</p>;
  const values = points.map((p) => p.num);
  const known = [limits.low, limits.high].filter(isNum);
  const crit = isNum(limits.critHigh) && Math.max(...values) > limits.critHigh * 0.85 ? [limits.critHigh] : [];
  const y = scale([...values, ...known, ...crit], 16, h - 26);
  const x = (i: number): number => (points.length === 1 ? 194 : 44 + (i * 310) / (points.length - 1));
  const top = isNum(limits.high) ? y(limits.high) : 8;
  const bottom = isNum(limits.low) ? y(limits.low) : h - 22;
  return (
    <svg className="num" width="100%" viewBox={`0 0 388 ${h}`} role="img" aria-label={t('plot.trend')}>
      {known.length > 0 && (
        <rect x="28" y={top} width="330" height={Math.max(1, bottom - top)} fill="var(--surface-3)" />
      )}
      {isNum(limits.high) && (
        <text x="24" y={top + 4} fontSize="10" textAnchor="end" fill="var(--text-2)">
          {limits.high}
        </text>
      )}
      {isNum(limits.low) && (
        <text x="24" y={bottom + 4} fontSize="10" textAnchor="end" fill="var(--text-2)">
          {limits.low}
        </text>
      )}
      {crit.map((c) => (
        <g key={c}>
          <line x1="28" x2="358" y1={y(c)} y2={y(c)} stroke="var(--critical)" strokeDasharray="4 3" />
          <text x="362" y={y(c) + 4} fontSize="11" fill="var(--critical)">
            {c}
          </text>
        </g>
      ))}
      <polyline
        points={points.map((p, i) => `${x(i)},${y(p.num)}`).join(' ')}
        fill="none"
        stroke="var(--text-2)"
        strokeWidth="1.4"
      />
      {points.map((p, i) => {
        const last = i === points.length - 1;
        const out = flagLook(p.flag) !== null;
        return (
          <g key={`${p.at}-${i}`}>
            <circle
              cx={x(i)}
              cy={y(p.num)}
              r={last ? 4.5 : 3}
              fill={out ? toneOf(p.flag) : 'var(--surface)'}
              stroke={out ? toneOf(p.flag) : 'var(--text-2)'}
              strokeWidth="1.4"
            />
            <text
              x={x(i)}
              y={y(p.num) - 8}
              fontSize="11"
              fontWeight={last ? 640 : 430}
              textAnchor="middle"
              fill="var(--text)"
            >
              {p.text}
            </text>
            <text x={x(i)} y={h - 4} fontSize="10" textAnchor="middle" fill="var(--text-2)">
              {props.label(p.at)}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Ring shows how much of a time is gone; it fills towards the next escalation. */
export function Ring({ part, children }: { part: number; children: string }) {
  const around = 2 * Math.PI * 16;
  return (
    <svg width="40" height="40" viewBox="0 0 40 40" role="img" aria-label={children}>
      <circle cx="20" cy="20" r="16" fill="none" stroke="var(--surface-3)" strokeWidth="4" />
      <circle
        cx="20"
        cy="20"
        r="16"
        fill="none"
        stroke="var(--critical)"
        strokeWidth="4"
        strokeDasharray={`${Math.min(1, Math.max(0, part)) * around} ${around}`}
        transform="rotate(-90 20 20)"
      />
      <text x="20" y="24" fontSize="11" fontWeight="640" textAnchor="middle" fill="var(--text)">
        {children}
      </text>
    </svg>
  );
}

/** Histogram shows turnaround: one bar a bucket, the target as a dashed line, what lies beyond it in red. */
export function Histogram(props: {
  buckets: number[];
  stepMin: number;
  targetMin: number;
  target: string;
  hour: (n: number) => string;
}) {
  const { t } = useTranslation();
  const n = Math.max(props.buckets.length, 1);
  const max = Math.max(1, ...props.buckets);
  const w = 330 / n;
  const tx = 24 + (props.targetMin / props.stepMin) * w;
  return (
    <svg className="num" width="100%" viewBox="0 0 378 130" role="img" aria-label={t('plot.turnaround')}>
      {props.buckets.map((b, i) => {
        const h = (b / max) * 84;
        const late = (i + 1) * props.stepMin > props.targetMin;
        return (
          <rect
            key={`${i}-${b}`}
            x={24 + i * w + 1.5}
            y={104 - h}
            width={w - 3}
            height={h}
            rx="2"
            fill={late ? 'var(--high)' : 'var(--accent)'}
            opacity="0.82"
          />
        );
      })}
      <line x1="16" x2="362" y1="104.5" y2="104.5" stroke="var(--line-strong)" />
      {tx < 360 && (
        <>
          <line x1={tx} x2={tx} y1="8" y2="104" stroke="var(--text-2)" strokeDasharray="3 3" />
          <text x={tx + 5} y="14" fontSize="11" fill="var(--text)">
            {props.target}
          </text>
        </>
      )}
      {props.buckets.map((_, i) =>
        (i * props.stepMin) % 60 === 0 ? (
          <text key={i} x={24 + i * w} y="120" fontSize="11" textAnchor="middle" fill="var(--text-2)">
            {props.hour((i * props.stepMin) / 60)}
          </text>
        ) : null,
      )}
    </svg>
  );
}

/** Bars is a small line of counts, for "by hour" columns. */
export function MiniLine({ values, width = 64 }: { values: number[]; width?: number }) {
  if (values.length < 2) return <svg width={width} height="16" aria-hidden="true" />;
  const y = scale([...values, 0], 2, 14);
  return (
    <svg width={width} height="16" viewBox={`0 0 ${width} 16`} aria-hidden="true">
      <polyline
        points={values
          .map((v, i) => `${(1 + (i * (width - 2)) / (values.length - 1)).toFixed(1)},${y(v).toFixed(1)}`)
          .join(' ')}
        fill="none"
        stroke="var(--text-2)"
        strokeWidth="1.3"
      />
    </svg>
  );
}
