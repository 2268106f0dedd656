import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, clock, ms } from '@jaanch/shared/lab/when';
import { IconCloudCheck, IconCloudOff, IconCloudPause, IconCloudX, IconPlugConnectedX } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../api';

/** syncWords says how the node stands with the hub: never a lone lamp, and never an alarm, for the lab works on. */
export function syncWords(
  s: S['Sync'],
  now: number,
  t: TFunction,
): { text: string; more: string; look: 'ok' | 'offline' | 'warn' } {
  const since = ms(s.since);
  const waiting = s.pending > 0 ? t('sync.waiting', { count: s.pending }) : '';
  switch (s.state) {
    case 'alone':
      return { text: t('sync.alone'), more: '', look: 'ok' };
    case 'online': {
      const ok = ms(s.last_ok);
      const sent = ok === null ? t('sync.allSent') : t('sync.allSentAgo', { ago: ago(ok, now, t) });
      return { text: t('sync.online'), more: waiting || sent, look: 'ok' };
    }
    case 'paused':
      return { text: t('sync.paused'), more: waiting, look: 'offline' };
    case 'blocked':
      return { text: t('sync.blocked'), more: waiting, look: 'warn' };
    case 'degraded':
      return { text: t('sync.degraded'), more: waiting, look: 'offline' };
    default:
      return {
        text: since === null ? t('sync.offline') : t('sync.offlineSince', { at: clock(since) }),
        more: waiting,
        look: 'offline',
      };
  }
}

const icons = {
  alone: IconPlugConnectedX,
  online: IconCloudCheck,
  degraded: IconCloudPause,
  offline: IconCloudOff,
  paused: IconCloudPause,
  blocked: IconCloudX,
};

/** useSync is the state of the connection with the hub; it is refetched with every live event. */
export function useSync() {
  return useQuery({ queryKey: ['sync'], queryFn: () => must(api.GET('/api/v1/sync')), refetchInterval: 30_000 });
}

/** SyncPill stands at the top right of every screen and opens the page about the connection. */
export function SyncPill() {
  const { t } = useTranslation();
  const now = useNow();
  const { data } = useSync();
  if (!data) return null;
  const w = syncWords(data, now, t);
  const Icon = icons[data.state];
  return (
    <Link to="/sync" className={`pill ${w.look}`} data-testid="sync" data-state={data.state}>
      <Icon size={16} stroke={1.75} aria-hidden />
      <span>{w.text}</span>
      {w.more && <span className="more">{`· ${w.more}`}</span>}
    </Link>
  );
}
