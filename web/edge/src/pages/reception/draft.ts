import { useSyncExternalStore } from 'react';
import { newKey } from '@jaanch/shared/api/client';
import type { S } from '../../api';

export interface PatientForm {
  name: string;
  sex: 'M' | 'F' | 'O' | 'U' | '';
  age: string;
  unit: 'y' | 'm' | 'd';
  born: string;
  phone: string;
  city: string;
}

export type Mode = 'cash' | 'upi' | 'card';

/** Part is one way in which a part of the bill is paid; its amount is what stands in the field, in rupees. */
export interface Part {
  mode: Mode;
  amount: string;
  reference: string;
}

/** Draft is the visit as it stands on the desk; keeper.ts keeps it on the node while it is typed. */
export interface Draft {
  key: string; // of the create; it changes only after the visit was saved
  patient: S['Patient'] | null;
  form: PatientForm | null;
  items: S['Pick'][];
  doctor: string;
  note: string;
  priority: 'routine' | 'urgent' | 'stat';
  language: 'en' | 'hi+en';
  delivery: string[];
  consent: boolean;
  discount: string; // percent, as typed
  discountReason: string;
  mode: Mode | 'later';
  reference: string;
  split: Part[] | null; // the bill paid in several ways; null when it is paid in one
  copies: Record<number, number>;
}

export const emptyForm: PatientForm = { name: '', sex: '', age: '', unit: 'y', born: '', phone: '', city: '' };

/** blank is a desk without a visit. */
export function blank(): Draft {
  return {
    key: newKey(),
    patient: null,
    form: null,
    items: [],
    doctor: '',
    note: '',
    priority: 'routine',
    language: 'hi+en',
    delivery: ['print'],
    consent: false,
    discount: '',
    discountReason: '',
    mode: 'cash',
    reference: '',
    split: null,
    copies: {},
  };
}

/** isBlank tells that nobody would miss what stands on the desk. */
export function isBlank(d: Draft): boolean {
  const typed = d.form ? Object.entries(d.form).some(([k, v]) => k !== 'unit' && v.trim() !== '') : false;
  return d.patient === null && !typed && d.items.length === 0 && d.doctor.trim() === '' && d.note.trim() === '';
}

let draft = blank();
const listeners = new Set<() => void>();

/** setDraft changes a part of the draft. */
export function setDraft(change: Partial<Draft>): void {
  draft = { ...draft, ...change };
  listeners.forEach((l) => l());
}

/** currentDraft is the desk as it stands now. */
export function currentDraft(): Draft {
  return draft;
}

/** onDraft calls back after every change. */
export function onDraft(l: () => void): () => void {
  listeners.add(l);
  return () => listeners.delete(l);
}

/** useDraft reads the draft and follows it. */
export function useDraft(): Draft {
  return useSyncExternalStore(onDraft, currentDraft);
}

/** validForm tells what is still missing of a new person; the answer is the name of the first field. */
export function validForm(f: PatientForm): keyof PatientForm | null {
  if (f.name.trim().length < 2) return 'name';
  if (f.sex === '') return 'sex';
  if (f.born && !/^\d{4}-\d{2}-\d{2}$/.test(f.born)) return 'born';
  if (!f.born && !/^\d{1,3}$/.test(f.age)) return 'age';
  return null;
}

/** patientInput is the new person as the node wants it. */
export function patientInput(f: PatientForm): S['PatientInput'] {
  return {
    name: f.name.trim(),
    sex: f.sex === '' ? 'U' : f.sex,
    ...(f.born ? { birth_date: f.born } : { age_value: Number(f.age), age_unit: f.unit }),
    ...(f.phone.trim() ? { phone: f.phone.replace(/\s/g, '') } : {}),
    ...(f.city.trim() ? { city: f.city.trim() } : {}),
  };
}

/** fromQuery begins a new person with what was searched for in vain: digits are a phone, else a name. */
export function fromQuery(query: string): PatientForm {
  const q = query.trim();
  return /^[\d\s+-]{5,}$/.test(q) ? { ...emptyForm, phone: q } : { ...emptyForm, name: q };
}

/** discountOf reads the typed percentage; an empty field is no discount. */
export function discountOf(d: Pick<Draft, 'discount' | 'discountReason'>): S['Discount'] {
  const percent = d.discount.trim();
  if (!/^\d{1,2}(\.\d{1,2})?$/.test(percent) || Number(percent) === 0) return {};
  return { percent, ...(d.discountReason ? { reason: d.discountReason } : {}) };
}

/** paise reads rupees as they are typed, with at most two places; null when it is no amount. */
export function paise(text: string): number | null {
  const m = /^(\d{1,8})(?:\.(\d{1,2}))?$/.exec(text.replace(/[,\s₹]/g, ''));
  return m ? Number(m[1]) * 100 + Number((m[2] ?? '').padEnd(2, '0')) : null;
}

/** left is what is still owed after the parts; null when one of them is no amount. */
export function left(parts: readonly Part[], net: number): number | null {
  const sums = parts.map((p) => (p.amount.trim() === '' ? 0 : paise(p.amount)));
  return sums.includes(null) ? null : net - sums.reduce<number>((a, b) => a + (b ?? 0), 0);
}

/** payments is the money that is taken now: all in one way, in parts, or nothing. */
export function payments(d: Pick<Draft, 'mode' | 'reference' | 'split'>, net: number): S['PaymentInput'][] {
  if (d.mode === 'later' || net === 0) return [];
  const parts = d.split ?? [{ mode: d.mode, amount: String(net / 100), reference: d.reference }];
  return parts.flatMap((p) => {
    const amount = paise(p.amount) ?? 0;
    return amount > 0
      ? [{ mode: p.mode, amount, ...(p.reference.trim() ? { reference: p.reference.trim() } : {}) }]
      : [];
  });
}

/** registration is the whole desk as one request, saved in one transaction. */
export function registration(d: Draft, quote: S['Quote']): S['Register'] {
  return {
    ...(d.patient ? { patient_id: d.patient.id } : { patient: patientInput(d.form ?? emptyForm) }),
    items: d.items.map((i) => ({ kind: i.kind, id: i.id })),
    priority: d.priority,
    language: d.language,
    delivery: d.delivery,
    ...(d.doctor.trim() ? { doctor_name: d.doctor.trim() } : {}),
    ...(d.note.trim() ? { note: d.note.trim() } : {}),
    ...(d.consent
      ? {
          consent: {
            purposes: ['care', ...d.delivery.filter((x) => x !== 'print')],
            notice: '1',
            language: d.language === 'en' ? 'en' : 'hi',
            channel: 'spoken' as const,
          },
        }
      : {}),
    bill: {
      discount: discountOf(d),
      payments: payments(d, quote.total.net),
      expected_total: quote.total.net,
    },
    labels: quote.tubes.map((_, tube) => ({ tube, copies: d.copies[tube] ?? 1 })),
    print: true,
  };
}
