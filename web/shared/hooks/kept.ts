import { useCallback, useState } from 'react';

/** useKept is a choice of this person on this PC that outlives the page: a folded menu, a section. Never patient data. */
export function useKept<T extends string>(key: string, first: T): [T, (v: T) => void] {
  const name = `jaanch.${key}`;
  const [value, setValue] = useState<T>(() => (localStorage.getItem(name) as T | null) ?? first);
  const set = useCallback(
    (v: T) => {
      localStorage.setItem(name, v);
      setValue(v);
    },
    [name],
  );
  return [value, set];
}
