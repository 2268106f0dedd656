import '@jaanch/shared/ui/gate.css';
import { useMutation } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Mark } from '@jaanch/shared/ui/Mark';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

const MIN_PASSWORD = 12;

/** FirstRun asks only for what the first report and the first log-in need; everything else waits in Set-up. */
export function FirstRun({ state }: { state: S['State'] }) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [f, setF] = useState({
    lab: '',
    address: '',
    city: '',
    phone: '',
    name: '',
    login: '',
    password: '',
    code: '',
  });
  const set = (k: keyof typeof f) => (v: string) => setF((now) => ({ ...now, [k]: v }));
  const go = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/setup/first', {
          params: { header: { 'Idempotency-Key': key } },
          body: {
            lab: {
              name: f.lab,
              address: f.address,
              city: f.city,
              phone: f.phone,
              letterhead: true,
              verify_levels: 1,
              own_verify: false,
              auto_receive: true,
              discount_max_percent: 10,
            },
            admin: { login: f.login, name: f.name, roles: ['admin'], password: f.password, active: true },
            ...(f.code ? { setup_code: f.code } : {}),
          },
        }),
      ),
    onSuccess: (session) => {
      queries.setQueryData(['session'], session);
      void queries.invalidateQueries({ queryKey: ['setup'] });
    },
  });
  const ready = f.lab.trim() && f.name.trim() && f.login.trim().length > 1 && f.password.length >= MIN_PASSWORD;
  const problem = go.error ? problemOf(go.error) : null;
  return (
    <main className="gate">
      <div className="card wide">
        <div className="head">
          <Mark size={36} />
          <div>
            <h1>{t('first.title')}</h1>
            <p className="sec small">{t('first.text')}</p>
          </div>
        </div>
        <div className="col wide">
          <h2>{t('first.lab')}</h2>
          <div className="cols2">
            <Text label={t('first.labName')} value={f.lab} onChange={set('lab')} autoFocus />
            <Text label={t('first.phone')} value={f.phone} onChange={set('phone')} inputMode="tel" />
            <Text label={t('first.address')} value={f.address} onChange={set('address')} />
            <Text label={t('first.city')} value={f.city} onChange={set('city')} />
          </div>
          <h2>{t('first.admin')}</h2>
          <div className="cols2">
            <Text label={t('first.name')} value={f.name} onChange={set('name')} />
            <Text
              label={t('login.name')}
              value={f.login}
              onChange={set('login')}
              autoCapitalize="none"
              autoComplete="username"
            />
            <Text
              label={t('login.password')}
              type="password"
              value={f.password}
              onChange={set('password')}
              autoComplete="new-password"
              hint={t('first.passwordHint', { n: MIN_PASSWORD })}
            />
            {problem?.code.includes('setup_code') && (
              <Text label={t('first.code')} hint={t('first.codeHint')} value={f.code} onChange={set('code')} />
            )}
          </div>
          {go.error && <Fault error={go.error} />}
          <div className="row between">
            <span className="dim small num">{state.version}</span>
            <Button look="primary" size="touch" busy={go.isPending} disabled={!ready} onClick={() => go.mutate()}>
              {t('first.go')}
            </Button>
          </div>
        </div>
      </div>
    </main>
  );
}
