import { Outlet, useRouterState } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { liveURL, openLive, type LiveState } from '@jaanch/shared/api/live';
import { setLanguage } from '@jaanch/shared/i18n/start';
import { Frame, type NavItem } from '@jaanch/shared/ui/Frame';
import { Fault } from '@jaanch/shared/ui/Notice';
import {
  IconChecks,
  IconCloud,
  IconDroplet,
  IconFileText,
  IconLayoutDashboard,
  IconMicroscope,
  IconSettings,
  IconUserPlus,
} from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api';
import { load } from '../i18n/load';
import { FirstRun } from '../pages/login/FirstRun';
import { LoginPage } from '../pages/login/LoginPage';
import { onLive } from '../queries';
import { SessionProvider, useSession, useSessionQuery } from '../session';
import { Lost } from './Lost';
import { Scan } from './Scan';
import { SyncPill } from './SyncPill';
import { UserChip } from './UserChip';

/** Root decides what is shown: the first run, the log-in, or the frame with the screens. */
export function Root() {
  const setup = useQuery({ queryKey: ['setup'], queryFn: () => must(api.GET('/api/v1/setup')) });
  const session = useSessionQuery();
  if (setup.data && !setup.data.ready) return <FirstRun state={setup.data} />;
  if (session.data) {
    return (
      <SessionProvider value={session.data}>
        <Inside />
      </SessionProvider>
    );
  }
  if (session.data === null && setup.data) return <LoginPage state={setup.data} />;
  if (session.error ?? setup.error) {
    return (
      <div className="page">
        <Fault
          error={session.error ?? setup.error}
          onRetry={() => {
            void session.refetch();
            void setup.refetch();
          }}
        />
      </div>
    );
  }
  return null;
}

function Inside() {
  const session = useSession();
  const { i18n } = useTranslation();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const [live, setLive] = useState<LiveState>('connecting');
  useEffect(
    () => openLive({ url: liveURL('/api/v1/live', window.location), onEvent: onLive, onState: setLive }),
    [session.user.id],
  );
  useEffect(() => {
    const want = session.user.language;
    if ((want === 'en' || want === 'hi') && want !== i18n.language && !localStorage.getItem('jaanch.language')) {
      void setLanguage(load, want);
    }
  }, [session.user.language, i18n.language]);
  return (
    <Frame
      lab={session.lab}
      path={path}
      items={usePlaces()}
      scan={<Scan />}
      status={<SyncPill />}
      user={<UserChip />}
      banner={<Lost live={live} />}
    >
      <Outlet />
    </Frame>
  );
}

/** usePlaces is the navigation by workplace, with what waits at each. */
function usePlaces(): NavItem[] {
  const { t } = useTranslation();
  const today = useQuery({ queryKey: ['today'], queryFn: () => must(api.GET('/api/v1/today')) });
  const c = today.data?.counts;
  return [
    { to: '/', label: t('nav.today'), icon: IconLayoutDashboard, tab: true },
    {
      to: '/reception',
      label: t('nav.reception'),
      icon: IconUserPlus,
      tab: true,
      subs: [
        { to: '/reception', label: t('nav.newVisit') },
        { to: '/reception/visits', label: t('nav.visits'), count: c?.visits },
      ],
    },
    { to: '/collection', label: t('nav.collection'), icon: IconDroplet, count: c?.to_collect, tab: true },
    {
      to: '/bench',
      label: t('nav.bench'),
      icon: IconMicroscope,
      count: c?.at_bench,
      tab: true,
      subs: [
        { to: '/bench', label: t('nav.worklist'), count: c?.at_bench },
        { to: '/bench/receive', label: t('nav.receive'), count: c?.to_receive },
        { to: '/bench/load', label: t('nav.load') },
        { to: '/bench/instruments', label: t('nav.instruments') },
        { to: '/bench/unmatched', label: t('nav.unmatched'), count: c?.inbox },
      ],
    },
    { to: '/verify', label: t('nav.verify'), icon: IconChecks, count: c?.to_sign, tab: true },
    { to: '/reports', label: t('nav.reports'), icon: IconFileText, count: c?.reports_to_print },
    { to: '/sync', label: t('nav.sync'), icon: IconCloud },
    {
      to: '/setup',
      label: t('nav.setup'),
      icon: IconSettings,
      subs: [
        { to: '/setup', label: t('nav.lab') },
        { to: '/setup/users', label: t('nav.users') },
        { to: '/setup/catalogue', label: t('nav.catalogue') },
        { to: '/setup/analyzers', label: t('nav.analyzers') },
        { to: '/setup/printers', label: t('nav.printers') },
        { to: '/setup/network', label: t('nav.network') },
      ],
    },
  ];
}
