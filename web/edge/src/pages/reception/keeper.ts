import { useSyncExternalStore } from 'react';
import { must, newKey } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { api, type S } from '../../api';
import {
  blank,
  currentDraft,
  emptyForm,
  isBlank,
  onDraft,
  setDraft,
  type Draft,
  type Part,
  type PatientForm,
} from './draft';

/**
 * Keeping the desk's draft on the node: 300 ms after the last key, and when the screen is left. What is half typed is there
 * again after a reload, a restart of the node, or at another PC, because it names people and so never lies in the browser.
 */
export interface Keeping {
  id: string;
  rev: number; // what the node has; 0 before the first time
  state: 'blank' | 'keeping' | 'kept' | 'failed';
  since: number | null; // when a draft that was taken up again had been left
}

/** VisitDraft is what the node keeps of a desk. */
type VisitDraft = Omit<S['KeepVisitDraft'], 'rev'>;

const REST_MS = 300;
const fresh = (): Keeping => ({ id: newKey(), rev: 0, state: 'blank', since: null });

let keeping = fresh();
let owner: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<void> | null = null;
let again = false;
let quiet = false; // while a kept draft is put on the desk
const listeners = new Set<() => void>();

function set(change: Partial<Keeping>): void {
  keeping = { ...keeping, ...change };
  listeners.forEach((l) => l());
}

onDraft(() => {
  if (quiet) return;
  if (isBlank(currentDraft()) && keeping.rev === 0) return;
  set({ state: 'keeping' });
  clearTimeout(timer);
  timer = setTimeout(() => void flush(), REST_MS);
});

/** flush writes what is not written yet, and is done when it is. */
export function flush(): Promise<void> {
  clearTimeout(timer);
  if (running) {
    again = true;
    return running;
  }
  running = (async () => {
    do {
      again = false;
      await write();
    } while (again);
  })().finally(() => {
    running = null;
  });
  return running;
}

async function write(): Promise<void> {
  const d = currentDraft();
  const { id, rev } = keeping;
  try {
    if (isBlank(d)) {
      if (rev > 0) await api.DELETE('/api/v1/visits/drafts/{id}', { params: { path: { id } } });
      if (keeping.id === id) set(fresh());
      return;
    }
    if (keeping.state === 'kept') return;
    const kept = await must(
      api.PUT('/api/v1/visits/drafts/{id}', { params: { path: { id } }, body: { ...toKeep(d), rev } }),
    );
    if (keeping.id === id) set({ rev: kept.rev, state: currentDraft() === d ? 'kept' : 'keeping' });
    if (currentDraft() !== d) again = true;
  } catch (err) {
    if (problemOf(err).code === 'draft_moved' && keeping.id === id) {
      set({ ...fresh(), state: 'keeping' }); // another window has gone on with it: this one keeps its own
      again = true;
      return;
    }
    set({ state: 'failed' });
  }
}

/** adopt begins anew when another person sits down: what the one before had typed is kept under their name. */
export function adopt(user: string): void {
  if (owner === user) return;
  const first = owner === null;
  owner = user;
  if (first) return;
  clear();
}

function clear(): void {
  clearTimeout(timer);
  quiet = true;
  setDraft(blank());
  quiet = false;
  keeping = fresh();
  set({});
}

/** done clears the desk after the visit was saved; the node has dropped the draft with it. */
export function done(): void {
  clear();
}

/** setAside leaves the draft on the node and clears the desk for the next person. */
export async function setAside(): Promise<void> {
  await flush();
  if (keeping.state !== 'failed') clear();
}

/** takeUp puts a kept draft on the desk. */
export async function takeUp(k: S['KeptDraft']): Promise<void> {
  await flush();
  const patient = k.patient_id
    ? (await must(api.GET('/api/v1/patients/{id}', { params: { path: { id: k.patient_id } } }))).patient
    : null;
  quiet = true;
  setDraft(fromKept(k, patient));
  quiet = false;
  keeping = { id: k.id, rev: k.rev, state: 'kept', since: Date.parse(k.at) };
  set({});
}

/** useKeeping follows how the draft is kept. */
export function useKeeping(): Keeping {
  return useSyncExternalStore(
    (l) => {
      listeners.add(l);
      return () => listeners.delete(l);
    },
    () => keeping,
  );
}

/** draftId names the draft for the visit that is made of it. */
export function draftId(): string | undefined {
  return keeping.rev > 0 ? keeping.id : undefined;
}

/** toKeep is the desk as the node keeps it: the fields by their names, as they are typed. */
export function toKeep(d: Draft): VisitDraft {
  const fields: Record<string, string> = {
    key: d.key,
    doctor: d.doctor,
    note: d.note,
    priority: d.priority,
    language: d.language,
    delivery: d.delivery.join(','),
    consent: d.consent ? 'yes' : '',
    discount: d.discount,
    discountReason: d.discountReason,
    mode: d.mode,
    reference: d.reference,
    split: d.split ? JSON.stringify(d.split) : '',
    copies: JSON.stringify(d.copies),
    name: d.patient?.name ?? '',
    ...(d.form ? { ...d.form, form: 'yes' } : {}),
  };
  return {
    ...(d.patient ? { patient_id: d.patient.id } : {}),
    items: d.items.map(({ kind, id, code, name, name_local, price, container, colour, report_in_min }) => ({
      kind,
      id,
      code,
      name,
      ...(name_local ? { name_local } : {}),
      price,
      container,
      colour,
      report_in_min,
    })),
    fields: Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== '')),
  };
}

/** fromKept is the desk again. What an older version of the screen did not keep has its usual value. */
export function fromKept(k: VisitDraft, patient: S['Patient'] | null): Draft {
  const f = k.fields;
  const d = blank();
  const form = (name: keyof PatientForm): string => f[name] ?? '';
  return {
    ...d,
    key: f.key ?? d.key,
    patient,
    form:
      f.form && !patient
        ? {
            ...emptyForm,
            name: form('name'),
            sex: pick(form('sex'), ['M', 'F', 'O', 'U']) ?? '',
            age: form('age'),
            unit: pick(form('unit'), ['y', 'm', 'd']) ?? 'y',
            born: form('born'),
            phone: form('phone'),
            city: form('city'),
          }
        : null,
    items: k.items.map((i) => ({ container: '', colour: '', report_in_min: 0, ...i })),
    doctor: f.doctor ?? '',
    note: f.note ?? '',
    priority: pick(f.priority, ['routine', 'urgent', 'stat']) ?? d.priority,
    language: pick(f.language, ['en', 'hi+en']) ?? d.language,
    delivery: (f.delivery ?? '').split(',').filter(Boolean),
    consent: f.consent === 'yes',
    discount: f.discount ?? '',
    discountReason: f.discountReason ?? '',
    mode: pick(f.mode, ['cash', 'upi', 'card', 'later']) ?? d.mode,
    reference: f.reference ?? '',
    split: f.split ? (JSON.parse(f.split) as Part[]) : null,
    copies: f.copies ? (JSON.parse(f.copies) as Record<number, number>) : {},
  };
}

function pick<T extends string>(v: string | undefined, of: readonly T[]): T | undefined {
  return of.find((x) => x === v);
}
