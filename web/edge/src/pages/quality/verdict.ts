import type { TFunction } from 'i18next';
import type { S } from '../../api';

export type Look = 'calm' | 'warn' | 'reject' | 'excluded' | 'unjudged';

/** Which rules only warn; a lab that wants another answer sets it at the node. */
const warns = new Set(['1-2s', '7T']);

/** need is how many SD a point must be away to have a part in a violation of the rule. */
const need: Record<string, number> = { '1-2s': 2, '1-3s': 3, '2-2s': 2, '2of3-2s': 2, 'R-4s': 2, '4-1s': 1, '3-1s': 1 };

/** hasPart tells whether a point has a part in a violation: it lies on its side, far enough. */
export function hasPart(z: number, v: S['RuleViolation']): boolean {
  if (v.side === 'up' || v.side === 'down') return true;
  const far = Math.abs(z) > (need[v.rule] ?? 0);
  return far && (v.side === '+' ? z > 0 : v.side === '-' ? z < 0 : true);
}

/** lookOf gives how one point of a run is drawn. */
export function lookOf(run: S['ControlRun'], p: S['ControlPoint']): Look {
  if (p.excluded) return 'excluded';
  if (!p.z) return 'unjudged';
  const z = Number(p.z);
  const mine = run.violations.filter((v) => hasPart(z, v));
  if (run.status === 'reject' && mine.some((v) => !warns.has(v.rule))) return 'reject';
  return mine.length > 0 && run.status !== 'accept' ? 'warn' : 'calm';
}

/** ruleText says in plain words what a rule found; translation keys have no signs in them. */
export function ruleText(rule: string, t: TFunction): string {
  return t(`quality.rule.r${rule.replace('-', '_')}`, { defaultValue: rule });
}

/** zText writes a z-score for people: +0.7. */
export function zText(z: string | undefined): string {
  if (!z) return '–';
  const n = Number(z);
  return `${n > 0 ? '+' : n < 0 ? '−' : ''}${Math.abs(n).toFixed(1)}`;
}
