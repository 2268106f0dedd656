import type { ReactNode } from 'react';

export interface Segment<T extends string> {
  value: T;
  label: ReactNode;
  count?: number | undefined;
  name?: string; // spoken name where the label is an icon
  disabled?: boolean;
}

/** Segments is a small choice with all answers in sight: filters, views, decisions. */
export function Segments<T extends string>(props: {
  label: string;
  value: T | null;
  options: Segment<T>[];
  onChange: (value: T) => void;
  fill?: boolean;
}) {
  return (
    <div className={props.fill ? 'segs fill' : 'segs'} role="group" aria-label={props.label}>
      {props.options.map((o) => (
        <button
          key={o.value}
          type="button"
          aria-pressed={props.value === o.value}
          aria-label={o.name}
          title={o.name}
          disabled={o.disabled}
          onClick={() => props.onChange(o.value)}
        >
          {o.label}
          {o.count !== undefined && <span className="n">{o.count}</span>}
        </button>
      ))}
    </div>
  );
}
