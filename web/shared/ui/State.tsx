import {
  IconBan,
  IconCheck,
  IconChecks,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconDroplet,
  IconHandStop,
  IconInbox,
  IconLoader2,
  IconPencil,
  IconProgress,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { useTranslation } from 'react-i18next';

interface Look {
  icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;
  tone: string;
}

const looks: Record<string, Look> = {
  pending: { icon: IconCircleDashed, tone: 'tone-calm' },
  to_enter: { icon: IconCircleDashed, tone: 'tone-calm' },
  draft: { icon: IconCircleDashed, tone: 'tone-calm' },
  sent_to_analyzer: { icon: IconProgress, tone: 'tone-calm' },
  entered: { icon: IconPencil, tone: 'tone-calm' },
  held: { icon: IconHandStop, tone: 'tone-held' },
  verified: { icon: IconCheck, tone: 'tone-released' },
  released: { icon: IconCircleCheck, tone: 'tone-released' },
  amended: { icon: IconChecks, tone: 'tone-released' },
  cancelled: { icon: IconBan, tone: 'tone-rejected' },
  rejected: { icon: IconBan, tone: 'tone-rejected' },
  expected: { icon: IconDroplet, tone: 'tone-calm' },
  collected: { icon: IconDroplet, tone: 'tone-accent' },
  received: { icon: IconInbox, tone: 'tone-accent' },
  registered: { icon: IconCircleDashed, tone: 'tone-calm' },
  in_progress: { icon: IconLoader2, tone: 'tone-calm' },
  partially_released: { icon: IconProgress, tone: 'tone-accent' },
  completed: { icon: IconCircleCheck, tone: 'tone-released' },
  final: { icon: IconCircleCheck, tone: 'tone-released' },
  interim: { icon: IconProgress, tone: 'tone-accent' },
  withdrawn: { icon: IconCircleX, tone: 'tone-rejected' },
};

/** State says in a word, with an icon, where a record stands. */
export function State({ state, text }: { state: string; text?: string | undefined }) {
  const { t } = useTranslation();
  const look = looks[state] ?? { icon: IconCircleDashed, tone: 'tone-calm' };
  const Icon = look.icon;
  const struck = state === 'cancelled' || state === 'rejected' || state === 'withdrawn';
  return (
    <span className={`state ${look.tone}`}>
      <Icon size={14} stroke={1.75} aria-hidden />
      <span style={struck ? { textDecoration: 'line-through' } : undefined}>
        {text ?? t(`state.${state}`, { defaultValue: state })}
      </span>
    </span>
  );
}

/** Priority stands only where it is not routine: a STAT must not drown among equals. */
export function Priority({ value }: { value?: string | undefined }) {
  const { t } = useTranslation();
  if (value === 'stat') return <span className="prio stat">{t('priority.stat')}</span>;
  if (value === 'urgent') return <span className="prio">{t('priority.urgent')}</span>;
  return null;
}

/** QcMark tells whether the control of a test allows its results: dot open, triangle warning, square locked, ring too old. */
export function QcMark({ state }: { state?: string | undefined }) {
  const { t } = useTranslation();
  if (!state || state === 'none') return <span className="vh">{t('qc.none')}</span>;
  const word = t(`qc.${state}`, { defaultValue: state });
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" role="img" aria-label={word}>
      <title>{word}</title>
      {state === 'open' && <circle cx="5" cy="5" r="4" fill="var(--released)" />}
      {state === 'warn' && <path d="M5 1 9.4 9H.6z" fill="var(--delta)" />}
      {state === 'locked' && <rect x="1" y="1" width="8" height="8" fill="var(--high)" />}
      {state === 'stale' && <circle cx="5" cy="5" r="3.5" fill="none" stroke="var(--text-3)" strokeWidth="1.6" />}
    </svg>
  );
}
