/** The shapes of a conflict, the same in the contracts of node and hub. */

export interface Party {
  by: string;
  place: string;
  at: string;
  deleted: boolean;
  signed: boolean;
}
export interface Contended {
  field: string;
  was: string;
  cells: { text: string; touched: boolean }[];
  disputed: boolean;
  typed: boolean;
}
export interface Dispute {
  id: string;
  entity: string;
  record: string;
  title: string;
  subtitle: string;
  lab: string;
  group: string;
  kind: 'value' | 'locked' | 'tombstone' | 'verification';
  state: 'open' | 'auto' | 'resolved';
  winner: 'server' | 'client' | 'merged' | 'typed' | 'open';
  strategy: string;
  at: string;
  whole: boolean;
  keep_only: boolean;
  sides: Party[];
  rows: Contended[];
  blocked: { kind: 'report'; id: string; title: string }[];
  events: { at: string; by: string; place: string; what: string; fields: string[] }[];
  closed_at?: string;
  resolver?: string;
  reason?: string;
  version: string;
}
export interface Disputes {
  open: number;
  auto: number;
  resolved: number;
  cases: Dispute[];
}
export type DisputeState = Dispute['state'];

/** Judgement is what a person chose: one side as a whole, or a side or a typed value for each field. */
export interface Judgement {
  side: number;
  choices?: { field: string; side: number; value?: string }[];
  reason?: string;
  version: string;
}
