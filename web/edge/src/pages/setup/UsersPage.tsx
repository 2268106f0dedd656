import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan, useSession } from '../../session';

/** UsersPage says who works here and what they may do. */
export function UsersPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('nav.users'));
  const can = useCan();
  const now = useNow();
  const [open, setOpen] = useState<S['User'] | 'new' | null>(null);
  const [pin, setPin] = useState(false);
  const users = useQuery({ queryKey: ['users'], queryFn: () => must(api.GET('/api/v1/users')), enabled: can('users') });
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <Button onClick={() => setPin(true)}>{t('users.myPin')}</Button>
          <span className="grow" />
          <Button
            look="primary"
            icon={<IconPlus size={15} aria-hidden />}
            disabled={!can('users')}
            why={can('users') ? undefined : t('why.permission')}
            onClick={() => setOpen('new')}
          >
            {t('users.add')}
          </Button>
        </div>
        <div className="fill scroll">
          {!can('users') && <Empty>{t('users.notYours')}</Empty>}
          {can('users') && (
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t('users.name')}</th>
                  <th scope="col" className="hide-s">
                    {t('login.name')}
                  </th>
                  <th scope="col">{t('users.roles')}</th>
                  <th scope="col">{t('users.pin')}</th>
                  <th scope="col" className="hide-s">
                    {t('users.lastLogin')}
                  </th>
                  <th scope="col">{t('col.state')}</th>
                </tr>
              </thead>
              <tbody>
                <Rows
                  query={users}
                  columns={6}
                  isEmpty={(u) => u.users.length === 0}
                  empty={<Empty>{t('users.empty')}</Empty>}
                >
                  {(u) =>
                    u.users.map((x) => {
                      const at = ms(x.last_login);
                      return (
                        <tr key={x.id} className="go" onClick={() => setOpen(x)}>
                          <td className="strong">{x.name}</td>
                          <td className="hide-s">{x.login}</td>
                          <td>{x.roles.map((r) => t(`role.${r}`, { defaultValue: r })).join(', ')}</td>
                          <td className="sec">{x.has_pin ? t('users.hasPin') : '–'}</td>
                          <td className="sec hide-s">{at === null ? '–' : ago(at, now, t)}</td>
                          <td className={x.active ? 'tone-released' : 'tone-rejected'}>
                            {x.active ? t('users.active') : t('users.off')}
                          </td>
                        </tr>
                      );
                    })
                  }
                </Rows>
              </tbody>
            </table>
          )}
        </div>
      </div>
      {open && (
        <UserDialog user={open === 'new' ? null : open} roles={users.data?.roles ?? []} onClose={() => setOpen(null)} />
      )}
      {pin && <PinDialog onClose={() => setPin(false)} />}
    </div>
  );
}

function UserDialog({ user, roles, onClose }: { user: S['User'] | null; roles: string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [f, setF] = useState({
    login: user?.login ?? '',
    name: user?.name ?? '',
    qualification: user?.qualification ?? '',
    registration: user?.registration ?? '',
    phone: user?.phone ?? '',
    password: '',
  });
  const [mine, setMine] = useState<string[]>(user?.roles ?? []);
  const [active, setActive] = useState(user?.active ?? true);
  const set = (k: keyof typeof f) => (v: string) => setF((now) => ({ ...now, [k]: v }));
  const save = useMutation({
    mutationFn: async () => {
      const { password, ...rest } = f;
      const body: S['UserInput'] = { ...rest, roles: mine, active };
      if (!user)
        return must(
          api.POST('/api/v1/users', { params: { header: { 'Idempotency-Key': key } }, body: { ...body, password } }),
        );
      const saved = await must(
        api.PUT('/api/v1/users/{id}', {
          params: { path: { id: user.id } },
          body: { ...body, departments: user.departments, versions: user.versions },
        }),
      );
      if (password)
        await api.POST('/api/v1/users/{id}/password', { params: { path: { id: user.id } }, body: { password } });
      return saved;
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['users'] });
      onClose();
    },
  });
  const ok =
    f.login.trim().length > 1 &&
    f.name.trim() !== '' &&
    mine.length > 0 &&
    (user !== null ? f.password === '' || f.password.length >= 12 : f.password.length >= 12);
  return (
    <Modal
      opened
      onClose={onClose}
      title={user ? user.name : t('users.add')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <div className="cols2">
          <Text label={t('users.name')} value={f.name} onChange={set('name')} data-autofocus />
          <Text label={t('login.name')} value={f.login} onChange={set('login')} autoCapitalize="none" />
          <Text label={t('users.qualification')} value={f.qualification} onChange={set('qualification')} />
          <Text
            label={t('users.registration')}
            hint={t('users.registrationHint')}
            value={f.registration}
            onChange={set('registration')}
          />
          <Text label={t('patient.phone')} value={f.phone} inputMode="tel" onChange={set('phone')} />
          <Text
            label={user ? t('users.newPassword') : t('login.password')}
            type="password"
            autoComplete="new-password"
            hint={t('first.passwordHint', { n: 12 })}
            value={f.password}
            onChange={set('password')}
          />
        </div>
        <fieldset style={{ border: 0, margin: 0, padding: 0 }}>
          <legend className="small sec">{t('users.roles')}</legend>
          <div className="row wrap" style={{ gap: '0 16px' }}>
            {roles.map((r) => (
              <Check
                key={r}
                label={t(`role.${r}`, { defaultValue: r })}
                checked={mine.includes(r)}
                onChange={(e) => setMine(e.currentTarget.checked ? [...mine, r] : mine.filter((x) => x !== r))}
              />
            ))}
          </div>
        </fieldset>
        <Check label={t('users.active')} checked={active} onChange={(e) => setActive(e.currentTarget.checked)} />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button look="primary" disabled={!ok} busy={save.isPending} onClick={() => save.mutate()}>
            {t('act.save')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** PinDialog sets the own PIN. It is made here and never leaves the lab. */
function PinDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const [password, setPassword] = useState('');
  const [pin, setPin] = useState('');
  const save = useMutation({
    mutationFn: () => api.PUT('/api/v1/session/pin', { body: { password, pin } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['session'] });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('users.myPin')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <p className="sec">{session.user.name}</p>
        <Text
          label={t('login.password')}
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          data-autofocus
        />
        <Text
          label={t('users.newPin')}
          type="password"
          inputMode="numeric"
          autoComplete="off"
          maxLength={6}
          value={pin}
          onChange={(v) => setPin(v.replace(/\D/g, ''))}
          hint={t('users.pinHint')}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look="primary"
            disabled={!password || pin.length !== 6}
            busy={save.isPending}
            onClick={() => save.mutate()}
          >
            {t('act.save')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
