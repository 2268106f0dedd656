import './plots.css';
import { Modal } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { Keys } from '@jaanch/shared/ui/Keys';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';

type Plot = S['Plot'];
const shown = (p: Plot): boolean => p.kind !== 'file';

/**
 * Plots shows the curves and pictures that came with the results of some messages, small and side by side; a click or the key
 * opens one large, arrows go to its neighbours. Nothing is shown where an analyzer sent none.
 */
export function Plots({ messages, keys }: { messages: number[]; keys: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<number | null>(null);
  const ids = [...new Set(messages)].filter((m) => m > 0).slice(0, 12);
  const all = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['plots', id],
      queryFn: () => must(api.GET('/api/v1/messages/{id}/plots', { params: { path: { id } } })),
      staleTime: Infinity, // what was stored with a message never changes
    })),
  });
  const plots = all.flatMap((q) => q.data?.plots ?? []).filter(shown);
  const go = (by: number): void => setOpen((now) => (now === null ? null : (now + by + plots.length) % plots.length));
  useKeys(
    plots.length === 0
      ? []
      : [
          { keys, label: t('plots.open'), run: () => setOpen(0) },
          ...(open === null
            ? []
            : [
                { keys: 'ArrowRight', label: t('plots.next'), run: () => go(1) },
                { keys: 'ArrowLeft', label: t('plots.previous'), run: () => go(-1) },
              ]),
        ],
  );
  const large = open === null ? undefined : plots[open];
  if (plots.length === 0) return null;
  return (
    <section className="col" data-testid="plots" data-count={plots.length}>
      <div className="row between">
        <span className="sect">{t('plots.title')}</span>
        <Keys keys={keys} />
      </div>
      <div className="plots">
        {plots.map((p, i) => (
          <button key={`${p.name}-${i}`} type="button" className="plot" onClick={() => setOpen(i)} title={p.name}>
            <Picture plot={p} width={116} height={76} />
            <span className="small sec cut">{p.name}</span>
          </button>
        ))}
      </div>
      <Modal
        opened={large !== undefined}
        onClose={() => setOpen(null)}
        title={large?.name ?? ''}
        size="xl"
        closeButtonProps={{ 'aria-label': t('act.close') }}
      >
        {large && (
          <div className="col wide" data-testid="plot-large">
            <Picture plot={large} width={720} height={380} />
            <p className="small sec">{t('plots.of', { n: (open ?? 0) + 1, of: plots.length })}</p>
          </div>
        )}
      </Modal>
    </section>
  );
}

function Picture({ plot, width, height }: { plot: Plot; width: number; height: number }) {
  if (plot.kind === 'image') {
    return <img className="picture" src={`data:${plot.mime};base64,${plot.data}`} alt={plot.name} height={height} />;
  }
  if (plot.kind === 'matrix') return <Matrix plot={plot} width={width} height={height} />;
  return <Curve plot={plot} width={width} height={height} />;
}

/** curvePath draws a curve into a box; a point without a number is left out. */
export function curvePath(x: number[] | undefined, y: number[], width: number, height: number): string {
  const xs = x && x.length === y.length ? x : y.map((_, i) => i);
  const points = y.map((v, i) => ({ x: xs[i] ?? i, y: v })).filter((p) => Number.isFinite(p.x) && Number.isFinite(p.y));
  if (points.length < 2) return '';
  const least = Math.min(...points.map((p) => p.x));
  const span = Math.max(...points.map((p) => p.x)) - least || 1;
  const low = Math.min(0, ...points.map((p) => p.y));
  const high = Math.max(...points.map((p) => p.y)) - low || 1;
  return points
    .map((p, i) => {
      const at = `${(((p.x - least) / span) * width).toFixed(1)} ${(height - ((p.y - low) / high) * height).toFixed(1)}`;
      return `${i === 0 ? 'M' : 'L'}${at}`;
    })
    .join('');
}

function Curve({ plot, width, height }: { plot: Plot; width: number; height: number }) {
  const big = width > 300;
  const pad = big ? 26 : 3;
  const path = curvePath(plot.x, plot.y ?? [], width - 2 * pad, height - 2 * pad);
  const xs = plot.x ?? [];
  return (
    <svg className="num" width="100%" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={plot.name}>
      <g transform={`translate(${pad} ${pad})`}>
        {path && (
          <path d={`${path}L${width - 2 * pad} ${height - 2 * pad}L0 ${height - 2 * pad}Z`} fill="var(--accent-soft)" />
        )}
        <path d={path} fill="none" stroke="var(--accent)" strokeWidth={big ? 1.8 : 1.3} />
        <line x1="0" x2={width - 2 * pad} y1={height - 2 * pad} y2={height - 2 * pad} stroke="var(--line-strong)" />
      </g>
      {big && xs.length > 1 && (
        <>
          <text x={pad} y={height - 8} fontSize="12" fill="var(--text-2)">
            {Number(Math.min(...xs).toPrecision(4))}
          </text>
          <text x={width - pad} y={height - 8} fontSize="12" textAnchor="end" fill="var(--text-2)">
            {Number(Math.max(...xs).toPrecision(4))}
          </text>
        </>
      )}
    </svg>
  );
}

/** Matrix paints a scattergram: the values row by row, darker where more cells fell. */
function Matrix({ plot, width, height }: { plot: Plot; width: number; height: number }) {
  const { t } = useTranslation();
  const canvas = useRef<HTMLCanvasElement>(null);
  const values = useMemo(() => plot.y ?? [], [plot.y]);
  const side = Math.sqrt(values.length);
  const square = Number.isInteger(side) && side > 1;
  useEffect(() => {
    const c = canvas.current?.getContext('2d');
    if (!c || !square) return;
    const data = c.createImageData(side, side);
    const most = Math.log1p(Math.max(...values));
    const ink = getComputedStyle(document.documentElement).getPropertyValue('--text').trim();
    c.fillStyle = ink || 'black';
    c.clearRect(0, 0, side, side);
    c.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = c.getImageData(0, 0, 1, 1).data;
    for (const [i, v] of values.entries()) {
      const row = side - 1 - Math.floor(i / side); // the first row stands at the bottom, as on the analyzer
      const at = (row * side + (i % side)) * 4;
      data.data.set([r, g, b, most > 0 ? Math.round((Math.log1p(Math.max(0, v)) / most) * 255) : 0], at);
    }
    c.putImageData(data, 0, 0);
  }, [values, side, square]);
  if (!square) return <p className="small sec">{t('plots.shape', { count: values.length })}</p>;
  return (
    <canvas
      ref={canvas}
      width={side}
      height={side}
      className="picture"
      style={{ width: Math.min(width, height), height: Math.min(width, height) }}
      role="img"
      aria-label={plot.name}
    />
  );
}
