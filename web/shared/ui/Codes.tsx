import { useEffect, useState } from 'react';
import { code128 } from '../lab/code128';

/** Barcode draws Code 128 with whole modules, so that a scanner also reads it from the screen. */
export function Barcode({ text, height = 34, module = 1.25 }: { text: string; height?: number; module?: number }) {
  const widths = code128(text) ?? [];
  const total = widths.reduce((a, b) => a + b, 0);
  const starts = widths.reduce<number[]>((at, w) => [...at, (at.at(-1) ?? 0) + w], [0]);
  const bars = widths.flatMap((w, i) =>
    i % 2 === 0 ? [<rect key={starts[i]} x={starts[i]} y="0" width={w} height="10" />] : [],
  );
  return (
    <svg
      width={total * module}
      height={height}
      viewBox={`0 0 ${total || 1} 10`}
      preserveAspectRatio="none"
      role="img"
      aria-label={text}
      fill="#000"
      shapeRendering="crispEdges"
    >
      {bars}
    </svg>
  );
}

/** Qr draws a QR code made on this PC; nothing leaves it. Always black on white, so that any phone reads it at night too. */
export function Qr({ text, size = 172, label }: { text: string; size?: number; label: string }) {
  const [path, setPath] = useState<{ d: string; n: number } | null>(null);
  useEffect(() => {
    let gone = false;
    void import('qrcode-generator').then(({ default: make }) => {
      const qr = make(0, 'M');
      qr.addData(text);
      qr.make();
      const n = qr.getModuleCount();
      let d = '';
      for (let r = 0; r < n; r += 1)
        for (let c = 0; c < n; c += 1) if (qr.isDark(r, c)) d += `M${c + 2} ${r + 2}h1v1h-1z`;
      if (!gone) setPath({ d, n: n + 4 });
    });
    return () => {
      gone = true;
    };
  }, [text]);
  return (
    <svg
      width={size}
      height={size}
      viewBox={`0 0 ${path?.n ?? 25} ${path?.n ?? 25}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" rx="0.6" />
      {path && <path d={path.d} fill="#000" />}
    </svg>
  );
}
