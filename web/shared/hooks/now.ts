import { useEffect, useState } from 'react';

/** useNow gives the time and redraws at the given step, so that "12 min ago" stays true without a fetch. */
export function useNow(stepMs = 15_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
}
