import { Outlet, useRouterState } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { liveURL, openLive, type LiveState } from '@jaanch/shared/api/live';
import { setLanguage } from '@jaanch/shared/i18n/start';
import { Frame, type NavItem } from '@jaanch/shared/ui/Frame';
import { Fault } from '@jaanch/shared/ui/Notice';
import {
  IconChartLine,
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
import { SessionProvider, useCan, useSession, useSessionQuery, type Operation } from '../session';
import { Lost } from './Lost';
import { Scan } from './Scan';
import { SyncPill, useSync } from './SyncPill';
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

interface Open {
  needs?: Operation[]; // the place is shown to who may call one of these; to everybody where none is named
}
type Sub = NonNullable<NavItem['subs']>[number] & Open;
type Item = Omit<NavItem, 'subs'> & Open & { subs?: Sub[] };

/** openPlaces leaves out what the person's role would only be refused; a place leads to the first part that is open. */
export function openPlaces(items: Item[], can: (o: Operation) => boolean): NavItem[] {
  const open = (x: Open): boolean => !x.needs || x.needs.some(can);
  return items.filter(open).flatMap(({ subs, ...item }) => {
    if (!subs) return [item];
    const left = subs.filter(open);
    return left[0] ? [{ ...item, to: left[0].to, subs: left }] : [];
  });
}

/** usePlaces is the navigation by workplace, with what waits at each. */
function usePlaces(): NavItem[] {
  const { t } = useTranslation();
  const can = useCan();
  const today = useQuery({ queryKey: ['today'], queryFn: () => must(api.GET('/api/v1/today')) });
  const c = today.data?.counts;
  const { data: sync } = useSync();
  const board = useQuery({
    queryKey: ['quality'],
    queryFn: () => must(api.GET('/api/v1/quality')),
    enabled: can('qualityBoard'),
  });
  const locked = board.data?.tests.filter((b) => b.state === 'locked').length;
  const places: Item[] = [
    { to: '/', label: t('nav.today'), icon: IconLayoutDashboard },
    {
      to: '/reception',
      label: t('nav.reception'),
      icon: IconUserPlus,
      subs: [
        { to: '/reception', label: t('nav.newVisit'), needs: ['register'] },
        { to: '/reception/visits', label: t('nav.visits'), count: c?.visits, needs: ['visits'] },
      ],
    },
    {
      to: '/collection',
      label: t('nav.collection'),
      icon: IconDroplet,
      count: c?.to_collect,
      needs: ['collection'],
    },
    {
      to: '/bench',
      label: t('nav.bench'),
      icon: IconMicroscope,
      count: c?.at_bench,
      subs: [
        { to: '/bench', label: t('nav.worklist'), count: c?.at_bench, needs: ['worklist'] },
        { to: '/bench/receive', label: t('nav.receive'), count: c?.to_receive, needs: ['receiveScanned'] },
        { to: '/bench/load', label: t('nav.load'), needs: ['loadList'] },
        { to: '/bench/instruments', label: t('nav.instruments'), needs: ['instruments'] },
        { to: '/bench/line', label: t('nav.line'), needs: ['searchArchive'] },
        { to: '/bench/unmatched', label: t('nav.unmatched'), count: c?.inbox, needs: ['inbox'] },
      ],
    },
    {
      to: '/verify',
      label: t('nav.verify'),
      icon: IconChecks,
      count: c?.to_sign,
      needs: ['verifyQueue'],
    },
    {
      to: '/reports',
      label: t('nav.reports'),
      icon: IconFileText,
      count: c?.reports_to_print,
      needs: ['reports'],
    },
    {
      to: '/quality',
      label: t('qc.title'),
      icon: IconChartLine,
      count: locked,
      tone: 'high',
      needs: ['qualityBoard'],
      subs: [
        { to: '/quality', label: t('quality.chart'), count: locked, needs: ['qualityChart'] },
        { to: '/quality/controls', label: t('quality.materials'), needs: ['controls'] },
      ],
    },
    {
      to: '/sync',
      label: t('nav.sync'),
      icon: IconCloud,
      count: sync?.conflicts === 0 ? undefined : sync?.conflicts,
      subs: [
        { to: '/sync', label: t('nav.connection') },
        { to: '/sync/conflicts', label: t('nav.conflicts'), count: sync?.conflicts, needs: ['conflicts'] },
      ],
    },
    {
      to: '/setup',
      label: t('nav.setup'),
      icon: IconSettings,
      subs: [
        { to: '/setup', label: t('nav.lab'), needs: ['changeLab'] },
        { to: '/setup/users', label: t('nav.users') },
        { to: '/setup/catalogue', label: t('nav.catalogue'), needs: ['catalogue'] },
        { to: '/setup/analyzers', label: t('nav.analyzers'), needs: ['addInstrument'] },
        { to: '/setup/connect', label: t('nav.connect'), needs: ['connectInstrument'] },
        { to: '/setup/profiles', label: t('nav.profiles'), needs: ['dialect'] },
        { to: '/setup/printers', label: t('nav.printers'), needs: ['addPrinter'] },
        { to: '/setup/network', label: t('nav.network'), needs: ['network'] },
      ],
    },
  ];
  return openPlaces(places, can);
}
