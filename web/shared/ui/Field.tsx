import {
  useId,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react';

interface Around {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
}

/** Field sets a label above, the hint below, and an error in the place of the hint. */
export function Field({
  label,
  hint,
  error,
  children,
}: Around & { children: (id: string, describedBy?: string) => ReactNode }) {
  const id = useId();
  const below = error ?? hint;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, below ? `${id}-b` : undefined)}
      {below && (
        <div id={`${id}-b`} className={error ? 'err' : 'hint'} role={error ? 'alert' : undefined}>
          {below}
        </div>
      )}
    </div>
  );
}

type TextProps = Around &
  Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> & {
    onChange: (text: string) => void;
    ref?: Ref<HTMLInputElement>;
  };

/** Text is a one-line field. */
export function Text({ label, hint, error, onChange, className, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(id, by) => (
        <input
          autoComplete="off"
          {...rest}
          id={id}
          aria-describedby={by}
          aria-invalid={error ? true : undefined}
          className={`input ${className ?? ''}`}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

type AreaProps = Around &
  Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, 'onChange'> & {
    onChange: (text: string) => void;
    ref?: Ref<HTMLTextAreaElement>;
  };

/** Area is a field of several lines. */
export function Area({ label, hint, error, onChange, ...rest }: AreaProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(id, by) => (
        <textarea
          rows={2}
          {...rest}
          id={id}
          aria-describedby={by}
          aria-invalid={error ? true : undefined}
          className="input"
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      )}
    </Field>
  );
}

export interface Option {
  value: string;
  label: string;
}

type PickProps = Around &
  Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange'> & {
    options: Option[];
    onChange: (value: string) => void;
  };

/** Pick is a choice of one, the browser's own: it works with every keyboard, screen reader and phone. */
export function Pick({ label, hint, error, options, onChange, ...rest }: PickProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(id, by) => (
        <select
          {...rest}
          id={id}
          aria-describedby={by}
          className="input"
          onChange={(e) => onChange(e.currentTarget.value)}
        >
          {options.map((o) => (
            <option key={o.value} value={o.value}>
              {o.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** Check is a yes or no, its words part of the target. */
export function Check({ label, ...rest }: { label: ReactNode } & Omit<InputHTMLAttributes<HTMLInputElement>, 'type'>) {
  return (
    <label className="check">
      <input type="checkbox" {...rest} />
      <span>{label}</span>
    </label>
  );
}
