import './hub.css';
import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Pick, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';
import { useManages, useMe } from '../session';

const roles = ['owner', 'admin', 'accountant', 'auditor'] as const;

/** UsersPage says who may look at the hub. A person is never deleted, only switched off, so that the records keep a name. */
export function UsersPage() {
  const { t } = useTranslation();
  useHeading(t('hub.users'));
  const now = useNow();
  const me = useMe();
  const manages = useManages();
  const why = manages ? undefined : t('why.permission');
  const [adding, setAdding] = useState(false);
  const users = useQuery({ queryKey: ['users'], queryFn: () => must(api.GET('/api/v1/users')) });
  const change = useMutation({
    mutationFn: (u: S['User']) =>
      api.POST('/api/v1/users/{id}/disabled', { params: { path: { id: u.id } }, body: { disabled: !u.disabled } }),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['users'] }),
  });
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <span className="grow" />
          <Button
            look="primary"
            icon={<IconPlus size={15} aria-hidden />}
            disabled={!manages}
            why={why}
            onClick={() => setAdding(true)}
          >
            {t('hub.addUser')}
          </Button>
        </div>
        {change.error && <Fault error={change.error} />}
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('hub.fullName')}</th>
                <th scope="col">{t('login.name')}</th>
                <th scope="col">{t('hub.role')}</th>
                <th scope="col">{t('hub.lastLogin')}</th>
                <th scope="col">
                  <span className="vh">{t('act.edit')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={users}
                columns={5}
                isEmpty={(u) => u.users.length === 0}
                empty={<Empty>{t('hub.noUsers')}</Empty>}
              >
                {(u) =>
                  u.users.map((x) => {
                    const at = ms(x.last_login);
                    return (
                      <tr key={x.id} className={x.disabled ? 'pastrow' : ''}>
                        <td className="strong">{x.name}</td>
                        <td>{x.login}</td>
                        <td>{t(`hubrole.${x.role}`)}</td>
                        <td className="sec">{at === null ? '–' : ago(at, now, t)}</td>
                        <td className="right">
                          <Button
                            size="small"
                            disabled={!manages || x.id === me.id}
                            why={why}
                            busy={change.isPending}
                            onClick={() => change.mutate(x)}
                          >
                            {x.disabled ? t('hub.enable') : t('hub.disable')}
                          </Button>
                        </td>
                      </tr>
                    );
                  })
                }
              </Rows>
            </tbody>
          </table>
        </div>
      </div>
      {adding && <AddUser onClose={() => setAdding(false)} />}
    </div>
  );
}

function AddUser({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [f, setF] = useState<S['NewUser']>({ name: '', login: '', password: '', role: 'admin' });
  const [key] = useState(newKey);
  const save = useMutation({
    mutationFn: () => must(api.POST('/api/v1/users', { params: { header: { 'Idempotency-Key': key } }, body: f })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['users'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('hub.addUser')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <div className="col wide">
        <Text label={t('hub.fullName')} value={f.name} onChange={(name) => setF({ ...f, name })} data-autofocus />
        <Text
          label={t('login.name')}
          value={f.login}
          autoCapitalize="none"
          onChange={(login) => setF({ ...f, login })}
        />
        <Pick
          label={t('hub.role')}
          value={f.role}
          onChange={(v) => setF({ ...f, role: roles.find((r) => r === v) ?? 'admin' })}
          options={roles.map((r) => ({ value: r, label: t(`hubrole.${r}`) }))}
        />
        <Text
          label={t('login.password')}
          type="password"
          autoComplete="new-password"
          hint={t('hub.passwordHint')}
          value={f.password}
          onChange={(password) => setF({ ...f, password })}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look="primary"
            disabled={!f.name.trim() || f.login.trim().length < 2 || f.password.length < 12}
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
