import { useEffect, useState } from 'react';

/** useDebounced follows a value after it has rested, so that search-as-you-type asks once a word and not once a letter. */
export function useDebounced<T>(value: T, restMs: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return rested;
}
