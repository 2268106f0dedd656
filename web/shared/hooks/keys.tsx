import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';

/** One key of a screen: what to press, what it does in words, and the act. The `?` sheet is made from these. */
export interface KeyDef {
  keys: string; // "mod+Enter", "alt+n", "j", "F8", "shift+1"
  label: string;
  run?: () => void; // without it the key is only listed, because a field handles it itself
  typing?: boolean; // also while a field has the focus; plain letters never do
}

interface Registry {
  add: (defs: KeyDef[]) => () => void;
  all: () => KeyDef[];
}

const Context = createContext<Registry | null>(null);

/** KeysProvider listens once on the document and hands each key to the newest screen that knows it. */
export function KeysProvider({ children }: { children: ReactNode }) {
  const layers = useRef<KeyDef[][]>([]);
  const [, redraw] = useState(0);
  const add = useCallback((defs: KeyDef[]) => {
    layers.current.push(defs);
    redraw((n) => n + 1);
    return () => {
      layers.current = layers.current.filter((l) => l !== defs);
      redraw((n) => n + 1);
    };
  }, []);
  const all = useCallback(() => layers.current.flat(), []);
  useEffect(() => {
    const onKey = (e: KeyboardEvent): void => {
      if (e.defaultPrevented || e.isComposing) return;
      const typing = inField(e.target);
      for (let i = layers.current.length - 1; i >= 0; i -= 1) {
        const hit = layers.current[i]?.find((d) => d.run && matches(d.keys, e) && mayRun(d, typing));
        if (hit?.run) {
          e.preventDefault();
          hit.run();
          return;
        }
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  const value = useMemo(() => ({ add, all }), [add, all]);
  return <Context.Provider value={value}>{children}</Context.Provider>;
}

/** useKeys registers the keys of a screen for as long as it is shown. */
export function useKeys(defs: KeyDef[]): void {
  const registry = useContext(Context);
  const latest = useRef(defs);
  useEffect(() => {
    latest.current = defs;
  });
  const signature = defs.map((d) => `${d.keys}:${d.label}:${d.run ? 1 : 0}`).join('|');
  useEffect(() => {
    if (!registry) return undefined;
    const stable = latest.current.map((d, i) => ({
      ...d,
      ...(d.run ? { run: () => latest.current[i]?.run?.() } : {}),
    }));
    return registry.add(stable);
  }, [registry, signature]);
}

/** useAllKeys lists what is registered now, for the sheet. */
export function useAllKeys(): () => KeyDef[] {
  const registry = useContext(Context);
  return registry?.all ?? (() => []);
}

/** matches compares a definition such as "mod+Enter" with a key event; mod is Ctrl, or ⌘ on a Mac. */
export function matches(
  keys: string,
  e: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): boolean {
  const parts = keys.split('+').map((p) => p.trim());
  const key = parts.pop() ?? '';
  const mod = parts.includes('mod');
  if (mod !== (e.ctrlKey || e.metaKey)) return false;
  if (parts.includes('alt') !== e.altKey) return false;
  const letter = /^[a-z]$/i.test(key);
  const digit = /^\d$/.test(key);
  if (parts.includes('shift') !== e.shiftKey && (letter || digit || key.length > 1)) return false;
  if (letter && (e.altKey || mod)) return e.code === `Key${key.toUpperCase()}`; // Alt+letter types other signs on some layouts
  if (digit && e.shiftKey) return e.code === `Digit${key}`;
  return e.key.toLowerCase() === key.toLowerCase();
}

function mayRun(d: KeyDef, typing: boolean): boolean {
  return !typing || d.typing === true || /^(mod|alt)\+|^F\d/.test(d.keys);
}

/** inField tells whether typing goes into a field, so that plain letters are left alone. */
export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
