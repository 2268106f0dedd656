import { useId, useRef, useState, type KeyboardEvent, type ReactNode, type Ref } from 'react';
import { Keys } from '@jaanch/shared/ui/Keys';

interface ComboProps<T> {
  label: string;
  placeholder: string;
  icon: ReactNode;
  text: string;
  onText: (text: string) => void;
  options: T[];
  open: boolean;
  optionKey: (o: T) => string;
  render: (o: T) => ReactNode;
  onPick: (o: T) => void;
  tail?: ReactNode;
  tip?: ReactNode;
  inputRef?: Ref<HTMLInputElement>;
  testId?: string;
}

/** Combo is a search box with its list: ↑↓ choose, Enter takes, Esc empties. The box keeps the focus after a choice. */
export function Combo<T>({ inputRef, ...props }: ComboProps<T>) {
  const list = useId();
  const [active, setActive] = useState(0);
  const [focused, setFocused] = useState(false);
  const leaving = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { options } = props;
  const at = Math.min(active, Math.max(0, options.length - 1));
  const open = props.open && focused;
  const onKey = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === 'ArrowDown' && open) setActive((at + 1) % Math.max(1, options.length));
    else if (e.key === 'ArrowUp' && open) setActive((at + options.length - 1) % Math.max(1, options.length));
    else if (e.key === 'Enter') {
      const o = options[at];
      if (open && o !== undefined) {
        props.onPick(o);
        setActive(0);
      }
    } else if (e.key === 'Escape' && props.text) props.onText('');
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div className="combo scanbar" style={{ flex: 'none' }}>
      <div className="box">
        {props.icon}
        <input
          ref={inputRef}
          value={props.text}
          placeholder={props.placeholder}
          aria-label={props.label}
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-activedescendant={open && options.length > 0 ? `${list}-${at}` : undefined}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          data-testid={props.testId}
          onChange={(e) => {
            props.onText(e.currentTarget.value);
            setActive(0);
          }}
          onKeyDown={onKey}
          onFocus={() => {
            clearTimeout(leaving.current);
            setFocused(true);
          }}
          onBlur={() => {
            leaving.current = setTimeout(() => setFocused(false), 120);
          }}
        />
        <span className="sec small nowrap">{props.tail}</span>
      </div>
      <div className="float" hidden={!open}>
        <div id={list} role="listbox" aria-label={props.label}>
          {open &&
            options.map((o, i) => (
              <div
                key={props.optionKey(o)}
                id={`${list}-${i}`}
                role="option"
                tabIndex={-1}
                aria-selected={i === at}
                className="opt"
                onMouseDown={(e) => {
                  e.preventDefault();
                  props.onPick(o);
                  setActive(0);
                }}
                onMouseEnter={() => setActive(i)}
              >
                {props.render(o)}
              </div>
            ))}
        </div>
        <div className="tip">
          <Keys keys="ArrowUp" />
          <Keys keys="ArrowDown" />
          <Keys keys="Enter" />
          {props.tip}
        </div>
      </div>
    </div>
  );
}
