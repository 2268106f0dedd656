import { createContext, useCallback, useContext, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { isLabNo } from '../lab/labno';
import { scanEnd, scanKey, scanStart } from '../lab/scan';

type Handler = (text: string) => void;
type Register = (h: Handler) => () => void;

const Context = createContext<Register | null>(null);

/**
 * ScanProvider listens to the whole page for a scanner. A scanned lab number goes to the newest screen that asked for
 * scans, wherever the focus is, and the field that happened to have the focus gets its text back. The scanner's Enter
 * goes nowhere.
 */
export function ScanProvider({ children }: { children: ReactNode }) {
  const handlers = useRef<Handler[]>([]);
  const register = useCallback<Register>((h) => {
    handlers.current.push(h);
    return () => {
      handlers.current = handlers.current.filter((x) => x !== h);
    };
  }, []);
  useEffect(() => {
    let state = scanStart;
    const onKey = (e: KeyboardEvent): void => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      const at = performance.now();
      if (e.key.length === 1) {
        state = scanKey(state, e.key, at);
        return;
      }
      if (e.key !== 'Enter' && e.key !== 'Tab') return;
      const text = scanEnd(state, at);
      state = scanStart;
      const handler = handlers.current.at(-1);
      if (text === null || !handler || !isLabNo(text)) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      takeBack(e.target, text);
      handler(text.toUpperCase());
    };
    window.addEventListener('keydown', onKey, { capture: true });
    return () => window.removeEventListener('keydown', onKey, { capture: true });
  }, []);
  const value = useMemo(() => register, [register]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** useScan takes scans for as long as the component is shown; the newest one wins. */
export function useScan(handler: Handler): void {
  const register = useContext(Context);
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => register?.((text) => latest.current(text)), [register]);
}

/** takeBack removes the scanned characters from a field that they were typed into by accident. */
function takeBack(target: EventTarget | null, text: string): void {
  if (!(target instanceof HTMLInputElement) && !(target instanceof HTMLTextAreaElement)) return;
  if (!target.value.endsWith(text)) return;
  const proto = target instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype;
  const set = Object.getOwnPropertyDescriptor(proto, 'value')?.set;
  set?.call(target, target.value.slice(0, -text.length));
  target.dispatchEvent(new Event('input', { bubbles: true }));
}
