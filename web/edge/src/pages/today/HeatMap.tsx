import { useTranslation } from 'react-i18next';
import type { S } from '../../api';

/** HeatMap shows work by hour and section: filled is done, dashed is what the same weekday usually brings. */
export function HeatMap({ rows, firstHour, now }: { rows: S['HourRow'][]; firstHour: number; now: number }) {
  const { t } = useTranslation();
  const hours = Math.max(1, ...rows.map((r) => Math.max(r.done.length, r.expected.length)));
  const max = Math.max(1, ...rows.flatMap((r) => r.done));
  return (
    <div
      className="heat"
      style={{ gridTemplateColumns: `84px repeat(${hours}, minmax(0, 1fr))` }}
      role="img"
      aria-label={t('today.byHour')}
    >
      {rows.map((r) => (
        <div key={r.department} style={{ display: 'contents' }}>
          <div className="cut sec" style={{ alignSelf: 'center' }}>
            {t(`section.${r.department}`, { defaultValue: r.department })}
          </div>
          {Array.from({ length: hours }, (_, i) => {
            const hour = firstHour + i;
            if (hour > now || i >= r.done.length) {
              const e = r.expected[i] ?? 0;
              return (
                <div key={hour} className="cell expected">
                  {e > 0 ? e : ''}
                </div>
              );
            }
            const n = r.done[i] ?? 0;
            const part = n / max;
            return (
              <div
                key={hour}
                className="cell"
                style={{
                  background: `color-mix(in srgb, var(--accent) ${Math.round(part > 0.72 ? 92 + part * 8 : 6 + part * 60)}%, var(--surface))`,
                  color: part > 0.72 ? 'var(--on-accent)' : 'var(--text)',
                }}
              >
                {n}
              </div>
            );
          })}
        </div>
      ))}
      <div />
      {Array.from({ length: hours }, (_, i) => (
        <div key={i} className={firstHour + i === now ? 'hour tone-accent strong' : 'hour'}>
          {firstHour + i === now ? t('today.now', { hour: now }) : firstHour + i}
        </div>
      ))}
    </div>
  );
}
