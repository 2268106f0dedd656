import { createContext, useCallback, useContext, useEffect, useMemo, useRef, type ReactNode } from 'react';
import { isLabNo } from '../lab/labno';
import { isTubeNumber, scanEnd, scanKey, scanStart } from '../lab/scan';

type Handler = (text: string) => void;
type Register = (h: Handler) => () => void;

const Context = createContext<Register | null>(null);

/**
 * ScanProvider listens to the whole page for a scanner. A scanned lab number goes to the newest screen that asked for
 * scans, wherever the focus is, and the field that happened to have the focus gets its text back. The scanner's Enter
 * goes nowhere. A barcode of another lab or of an analyzer goes there as well, unless a field has the focus.
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
      if (text === null || !handler) return;
      const ours = isLabNo(text);
      // A number that is not ours may be meant for the field that has the focus: a reference, a barcode of its own.
      if (!ours && (inField(e.target) || !isTubeNumber(text))) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      takeBack(e.target, text);
      handler(ours ? text.toUpperCase() : text);
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

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
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
