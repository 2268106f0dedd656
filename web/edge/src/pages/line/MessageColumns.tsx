import { Flag } from '@jaanch/shared/ui/Flag';
import { IconArrowLeft, IconArrowRight } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';

/** MessageColumns shows one message across four columns; what belongs together is lit together. */
export function MessageColumns({ message: m }: { message: S['Message'] }) {
  const { t } = useTranslation();
  return (
    <Columns
      chunks={m.chunks}
      records={m.records}
      head={t('line.inOut', { in: m.line.bytes_in, out: m.line.bytes_out })}
      rows={m.observations.map((o) => ({
        key: String(o.id),
        name: o.test || o.test_name || o.test_code,
        code: o.test_code,
        value: `${o.value} ${o.unit}`.trim(),
        flag: o.flag,
        what: t(`observation.${o.state}`),
      }))}
    />
  );
}

/** MonitorRow is one row of the last column. */
export interface MonitorRow {
  key: string;
  name: string;
  code: string;
  value: string;
  flag: string;
  what: ReactNode;
}

/** Columns are bytes with frames, records, and what was read from them. */
export function Columns({
  chunks,
  records,
  rows,
  head,
}: {
  chunks: S['Chunk'][];
  records: S['Record'][];
  rows: MonitorRow[];
  head?: string;
}) {
  const { t } = useTranslation();
  const [lit, setLit] = useState<number | null>(null);
  // A chunk carries the records from its own first one up to the first one of the next chunk that carries any.
  const starts = chunks.map((c) => c.record).filter((r) => r >= 0);
  const holds = (c: S['Chunk']): boolean => {
    if (lit === null || c.record < 0) return false;
    const next = starts.find((s) => s > c.record);
    return lit >= c.record && (next === undefined || lit < next);
  };
  const recordOf = (row: number): number => records.findIndex((r) => r.rows.includes(row));
  return (
    <div className="mon wide">
      <div>
        <div className="h">
          {t('line.bytes')} <span className="sec small">{head}</span>
        </div>
        {chunks.map((c, i) => (
          <div
            key={`${c.at}-${i}`}
            className={`cell bytes row top ${holds(c) ? 'lit' : ''}`}
            onMouseEnter={() => setLit(c.record >= 0 ? c.record : null)}
          >
            {c.dir === 'in' ? (
              <IconArrowLeft size={12} className="dim" aria-label={t('line.in')} />
            ) : (
              <IconArrowRight size={12} className="tone-accent" aria-label={t('line.out')} />
            )}
            <span className="grow" title={c.hex}>
              {c.label && <span className="strong">{c.label} </span>}
              {c.fault && <span className="chip high">{t(`line.fault.${c.fault}`)}</span>}
              {!['ENQ', 'ACK', 'NAK', 'EOT'].includes(c.label ?? '') && <span className="sec">{c.text}</span>}
            </span>
          </div>
        ))}
      </div>
      <div>
        <div className="h">{t('line.records')}</div>
        {records.map((r, i) => (
          <div
            key={`${r.type}-${i}`}
            className={i === lit ? 'cell lit' : 'cell'}
            onMouseEnter={() => setLit(i)}
            tabIndex={0}
            onFocus={() => setLit(i)}
          >
            <span className="strong tone-accent">{r.type}</span>{' '}
            <span className="mono small">{r.text.slice(r.type.length)}</span>
          </div>
        ))}
      </div>
      <div style={{ borderRight: 0 }}>
        <div className="h">{t('line.observations')}</div>
        {rows.map((o, i) => (
          <div
            key={o.key}
            className={recordOf(i) >= 0 && recordOf(i) === lit ? 'cell lit' : 'cell'}
            onMouseEnter={() => setLit(recordOf(i))}
          >
            <div className="row between">
              <span className="strong">{o.name}</span>
              <span className="num">{o.value}</span>
            </div>
            <div className="row small sec">
              <Flag code={o.flag} />
              <span className="mono">{o.code}</span>
              {o.what}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
