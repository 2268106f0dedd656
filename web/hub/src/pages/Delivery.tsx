import { IconAlertTriangle, IconCheck, IconChecks, IconCircleX, IconClock, IconMailOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

const looks: Record<string, { icon: typeof IconCheck; tone: string }> = {
  queued: { icon: IconClock, tone: 'tone-calm' },
  sent: { icon: IconCheck, tone: 'tone-calm' },
  delivered: { icon: IconChecks, tone: 'tone-accent' },
  read: { icon: IconChecks, tone: 'tone-released' },
  failed: { icon: IconAlertTriangle, tone: 'tone-critical' },
  not_sent: { icon: IconMailOff, tone: 'tone-held' },
  cancelled: { icon: IconCircleX, tone: 'tone-rejected' },
};

/** Delivery says in a word how far a message came, by which way, and why it did not. */
export function Delivery({ status, channel, code }: { status: string; channel?: string; code?: string | undefined }) {
  const { t } = useTranslation();
  const look = looks[status] ?? { icon: IconClock, tone: 'tone-calm' };
  const Icon = look.icon;
  const way = channel && channel !== 'none' ? t(`out.way.${channel}`, { defaultValue: channel }) : '';
  return (
    <span className={`state ${look.tone}`} data-testid="delivery" data-status={status} data-channel={channel}>
      <Icon size={14} stroke={1.75} aria-hidden />
      <span>
        {[way, t(`out.status.${status}`, { defaultValue: status })].filter(Boolean).join(' ')}
        {code && (status === 'failed' || status === 'not_sent') && (
          <span className="sec"> · {t(`out.code.${code}`, { defaultValue: code })}</span>
        )}
      </span>
    </span>
  );
}
