import { Menu, useMantineColorScheme } from '@mantine/core';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { languages, setLanguage } from '@jaanch/shared/i18n/start';
import { Frame, type NavItem } from '@jaanch/shared/ui/Frame';
import { Fault } from '@jaanch/shared/ui/Notice';
import {
  IconBuildingHospital,
  IconCircleCheck,
  IconCurrencyRupee,
  IconFileText,
  IconFlask,
  IconGitFork,
  IconLanguage,
  IconLayoutDashboard,
  IconLogout,
  IconMessages,
  IconMoon,
  IconPlugConnected,
  IconRefresh,
  IconSun,
  IconUsers,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, queries } from './api';
import { load } from './i18n/load';
import { LoginPage } from './pages/LoginPage';
import { SessionProvider, useMe, useSessionQuery } from './session';

/** useOverview is all labs at a glance. The hub tells nodes, not browsers, what moved: so it is asked every 20 seconds. */
export function useOverview() {
  return useQuery({
    queryKey: ['overview'],
    queryFn: () => must(api.GET('/api/v1/overview')),
    refetchInterval: 20_000,
  });
}

/** Root shows the log-in, or the frame with the screens. */
export function Root() {
  const session = useSessionQuery();
  if (session.data) {
    return (
      <SessionProvider value={session.data}>
        <Inside />
      </SessionProvider>
    );
  }
  if (session.data === null) return <LoginPage />;
  if (session.error) {
    return (
      <div className="page">
        <Fault error={session.error} onRetry={() => void session.refetch()} />
      </div>
    );
  }
  return null;
}

function Inside() {
  const { t } = useTranslation();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const overview = useOverview();
  const d = overview.data;
  const items: NavItem[] = [
    { to: '/', label: t('hub.overview'), icon: IconLayoutDashboard },
    { to: '/labs', label: t('hub.labs'), icon: IconBuildingHospital },
    { to: '/results', label: t('hub.results'), icon: IconFlask },
    { to: '/reports', label: t('hub.reports'), icon: IconFileText },
    { to: '/conflicts', label: t('hub.conflicts'), icon: IconGitFork, count: d?.conflicts },
    { to: '/messages', label: t('out.messages'), icon: IconMessages },
    { to: '/payments', label: t('out.payments'), icon: IconCurrencyRupee },
    { to: '/outreach', label: t('out.setup'), icon: IconPlugConnected },
    { to: '/sync', label: t('hub.synclog'), icon: IconRefresh },
    { to: '/users', label: t('hub.users'), icon: IconUsers },
  ];
  return (
    <Frame
      lab={d ? t('hub.ofOrg', { org: d.org_name }) : ''}
      path={path}
      items={items}
      scan={null}
      status={
        d ? (
          <span className="pill ok" data-testid="online">
            <IconCircleCheck size={16} stroke={1.75} aria-hidden />
            {t('hub.online', { n: d.online, of: d.labs.length })}
          </span>
        ) : null
      }
      user={<UserChip />}
    >
      <Outlet />
    </Frame>
  );
}

function UserChip() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const scheme = useMantineColorScheme();
  const dark = document.documentElement.dataset.mantineColorScheme === 'dark';
  const logout = useMutation({
    mutationFn: () => api.DELETE('/api/v1/session'),
    onSettled: () => {
      queries.clear();
      window.location.assign('/');
    },
  });
  return (
    <Menu position="bottom-end" width={200} withinPortal>
      <Menu.Target>
        <button type="button" className="userchip" data-testid="user" aria-label={me.name}>
          <span className="face" aria-hidden="true">
            {me.name.slice(0, 2).toUpperCase()}
          </span>
          <span className="names">
            <span className="who" style={{ display: 'block' }}>
              {me.name}
            </span>
            <span className="role">{t(`hubrole.${me.role}`)}</span>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {languages
          .filter((l) => l !== i18n.language)
          .map((l) => (
            <Menu.Item key={l} leftSection={<IconLanguage size={16} />} onClick={() => void setLanguage(load, l)}>
              {t(`language.${l}`)}
            </Menu.Item>
          ))}
        <Menu.Item
          leftSection={dark ? <IconSun size={16} /> : <IconMoon size={16} />}
          onClick={() => scheme.setColorScheme(dark ? 'light' : 'dark')}
        >
          {dark ? t('user.light') : t('user.dark')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => logout.mutate()}>
          {t('user.logout')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
