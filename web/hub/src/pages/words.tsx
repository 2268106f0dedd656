import { ms, clock } from '@jaanch/shared/lab/when';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCloudOff,
  IconPlayerPause,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';

const looks: Record<string, { icon: typeof IconCircleCheck; tone: string }> = {
  online: { icon: IconCircleCheck, tone: 'tone-released' },
  offline: { icon: IconCloudOff, tone: 'tone-offline' },
  clock: { icon: IconAlertTriangle, tone: 'tone-delta' },
  suspended: { icon: IconPlayerPause, tone: 'tone-rejected' },
  never: { icon: IconCircleDashed, tone: 'tone-calm' },
  empty: { icon: IconCircleDashed, tone: 'tone-calm' },
};

/** LinkState says in words how a lab or a node stands; an offline lab works on, so it is never an alarm. */
export function LinkState(props: { state: string; since?: string | undefined; skewMs: number }) {
  const { t } = useTranslation();
  const look = looks[props.state] ?? { icon: IconCircleDashed, tone: 'tone-calm' };
  const at = ms(props.since);
  const minutes = Math.round(Math.abs(props.skewMs) / 60_000);
  const text =
    props.state === 'offline' && at !== null
      ? t('hub.state.offlineSince', { at: clock(at) })
      : props.state === 'clock'
        ? t(props.skewMs > 0 ? 'hub.state.fast' : 'hub.state.slow', { n: minutes })
        : t(`hub.state.${props.state}`);
  return (
    <span className={`state ${look.tone}`}>
      <look.icon size={15} stroke={1.75} aria-hidden />
      {text}
    </span>
  );
}
