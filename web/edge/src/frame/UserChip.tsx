import { Menu, Modal, useMantineColorScheme } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { languages, setLanguage } from '@jaanch/shared/i18n/start';
import { Button } from '@jaanch/shared/ui/Button';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Pin } from '@jaanch/shared/ui/Pin';
import { IconLogout, IconMoon, IconSun, IconSwitchHorizontal, IconLanguage, IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../api';
import { load } from '../i18n/load';
import { queries } from '../queries';
import { useSession } from '../session';

/** initials are the two letters of a face. */
export function initials(name: string): string {
  const words = name.replace(/^(Dr|Mr|Ms|Mrs)\.?\s+/i, '').split(/\s+/);
  return ((words[0]?.[0] ?? '') + (words.length > 1 ? (words.at(-1)?.[0] ?? '') : '')).toUpperCase();
}

/** UserChip is who works here: switch by PIN, language, light or dark, log out. */
export function UserChip() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const scheme = useMantineColorScheme();
  const [switching, setSwitching] = useState(false);
  useKeys([{ keys: 'mod+u', label: t('user.switch'), run: () => setSwitching(true) }]);
  const logout = useMutation({
    mutationFn: () => api.POST('/api/v1/session/logout'),
    onSettled: () => {
      queries.clear();
      window.location.assign('/');
    },
  });
  const role = session.user.roles.map((r) => t(`role.${r}`, { defaultValue: r })).join(', ');
  const dark = document.documentElement.dataset.mantineColorScheme === 'dark';
  return (
    <>
      <Menu position="bottom-end" width={220} withinPortal>
        <Menu.Target>
          <button type="button" className="userchip" aria-label={`${session.user.name}, ${role}`} data-testid="user">
            <span className="face" aria-hidden="true">
              {initials(session.user.name)}
            </span>
            <span className="names">
              <span className="who" style={{ display: 'block' }}>
                {session.user.name}
              </span>
              <span className="role">{role}</span>
            </span>
            <IconSwitchHorizontal size={15} stroke={1.75} aria-hidden />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconUsers size={16} />} onClick={() => setSwitching(true)}>
            {t('user.switch')}
          </Menu.Item>
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
      <SwitchUser opened={switching} onClose={() => setSwitching(false)} />
    </>
  );
}

/** SwitchUser hands the PC to a colleague by PIN; the screen and its drafts stay. */
function SwitchUser({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [who, setWho] = useState<S['PersonLine'] | null>(null);
  const people = useQuery({
    queryKey: ['people'],
    queryFn: () => must(api.GET('/api/v1/session/people')),
    enabled: opened,
  });
  const change = useMutation({
    mutationFn: (pin: string) => must(api.POST('/api/v1/session/switch', { body: { user_id: who?.id ?? '', pin } })),
    onSuccess: (session) => {
      queries.setQueryData(['session'], session);
      void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'session' });
      setWho(null);
      onClose();
    },
  });
  return (
    <Modal
      opened={opened}
      onClose={() => {
        setWho(null);
        onClose();
      }}
      title={who ? t('user.pinOf', { name: who.name }) : t('user.switch')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      {who ? (
        <div className="col wide">
          <Pin label={t('user.pin')} busy={change.isPending} onDone={(pin) => change.mutate(pin)} />
          {change.error && <Fault error={change.error} />}
          <Button onClick={() => setWho(null)}>{t('act.back')}</Button>
        </div>
      ) : (
        <div className="col">
          {people.data?.people.map((p) => (
            <Button key={p.id} size="touch" style={{ justifyContent: 'flex-start' }} onClick={() => setWho(p)}>
              <span className="grow" style={{ textAlign: 'left' }}>
                {p.name}
              </span>
              <span className="sec small">{p.roles.map((r) => t(`role.${r}`, { defaultValue: r })).join(', ')}</span>
            </Button>
          ))}
          {people.data?.people.length === 0 && <Empty>{t('user.noPins')}</Empty>}
          {people.error && <Fault error={people.error} onRetry={() => void people.refetch()} />}
        </div>
      )}
    </Modal>
  );
}
