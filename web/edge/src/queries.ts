import { makeQueries } from '@jaanch/shared/ui/Provider';
import type { LiveEvent } from '@jaanch/shared/api/live';

/** queries is the cache of this page. */
export const queries = makeQueries();

/** Which lists show which kinds of record. What is not named here touches everything that is shown. */
const shows: Record<string, string[]> = {
  patient: ['patient', 'case', 'collection', 'row', 'visits'],
  visit: ['visits', 'visit', 'today', 'collection', 'worklist', 'sections', 'verify', 'case'],
  order: ['visits', 'visit', 'today', 'collection', 'worklist', 'sections', 'verify', 'case'],
  order_item: ['visit', 'today', 'worklist', 'sections', 'verify', 'case', 'row'],
  sample: ['visit', 'today', 'collection', 'worklist', 'sections', 'verify', 'case', 'row', 'load'],
  result: ['today', 'worklist', 'sections', 'verify', 'case', 'row', 'instruments', 'inbox', 'visit'],
  verification: ['today', 'worklist', 'sections', 'verify', 'case', 'row'],
  release: ['today', 'worklist', 'sections', 'verify', 'case', 'reports', 'report', 'visits', 'visit'],
  withdrawal: ['reports', 'report', 'today'],
  critical_call: ['today', 'row', 'case', 'critical'],
  observation: ['inbox', 'instruments', 'messages', 'message', 'today', 'look'],
  message: ['inbox', 'instruments', 'messages', 'message'],
  inbox_decision: ['inbox', 'instruments', 'worklist', 'today'],
  control: ['controls', 'quality'],
  control_target: ['controls', 'quality'],
  control_run: ['quality', 'worklist', 'case', 'verify', 'row'],
  control_result: ['quality', 'controls'],
  instrument: ['instruments', 'inbox', 'codes'],
  instrument_code: ['codes', 'instruments', 'inbox'],
  load_list: ['load'],
  instrument_profile: ['dialects', 'dialect'],
  line: ['lines', 'tape', 'port-search'],
  conflict: ['conflicts', 'conflict', 'sync', 'verify', 'case'],
  sync: ['sync', 'synclog'],
};

/** touchedKeys lists the first parts of query keys that an event makes stale; null means all of them. */
export function touchedKeys(e: LiveEvent): Set<string> | null {
  if (e.resync) return null;
  const keys = new Set<string>();
  for (const t of e.touched) {
    const roots = shows[t.entity];
    if (!roots) return null;
    for (const r of roots) keys.add(r);
  }
  keys.add('sync');
  return keys;
}

/** onLive marks stale what an event touched; only what is on the screen is fetched again. */
export function onLive(e: LiveEvent): void {
  const keys = touchedKeys(e);
  void queries.invalidateQueries({
    predicate: (q) => {
      const root = String(q.queryKey[0]);
      return root !== 'session' && (keys === null || keys.has(root));
    },
  });
}
