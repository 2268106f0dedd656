import '@jaanch/shared/ui/gate.css';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { languages, setLanguage } from '@jaanch/shared/i18n/start';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Mark } from '@jaanch/shared/ui/Mark';
import { Fault } from '@jaanch/shared/ui/Notice';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries } from '../api';
import { load } from '../i18n/load';

/** LoginPage is the hub's own log-in; accounts of a lab's node are not accounts here. */
export function LoginPage() {
  const { t, i18n } = useTranslation();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const go = useMutation({
    mutationFn: () => must(api.POST('/api/v1/session', { body: { login: login.trim(), password } })),
    onSuccess: (me) => queries.setQueryData(['session'], me),
    onError: () => setPassword(''),
  });
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    if (login && password) go.mutate();
  };
  return (
    <main className="gate">
      <div className="card">
        <div className="head">
          <Mark size={36} />
          <div>
            <h1>{t('app.name')}</h1>
            <p className="sec small">{t('hub.name')}</p>
          </div>
        </div>
        <form className="col wide" onSubmit={submit} aria-label={t('login.title')}>
          <Text
            label={t('login.name')}
            value={login}
            onChange={setLogin}
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
          />
          <Text
            label={t('login.password')}
            type="password"
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
          />
          {go.error && <Fault error={go.error} />}
          <Button type="submit" look="primary" size="touch" busy={go.isPending} disabled={!login || !password}>
            {t('login.go')}
          </Button>
        </form>
        <div className="below">
          <span />
          <span className="row">
            {languages
              .filter((l) => l !== i18n.language)
              .map((l) => (
                <Button key={l} look="plain" size="small" lang={l} onClick={() => void setLanguage(load, l)}>
                  {t(`language.${l}`)}
                </Button>
              ))}
          </span>
        </div>
      </div>
    </main>
  );
}
