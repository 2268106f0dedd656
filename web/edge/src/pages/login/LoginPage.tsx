import '@jaanch/shared/ui/gate.css';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { languages, setLanguage } from '@jaanch/shared/i18n/start';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Mark } from '@jaanch/shared/ui/Mark';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { load } from '../../i18n/load';
import { queries } from '../../queries';

/** LoginPage works without the internet, always: accounts live on the lab's own PC. */
export function LoginPage({ state }: { state: S['State'] }) {
  const { t, i18n } = useTranslation();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const go = useMutation({
    mutationFn: () =>
      must(api.POST('/api/v1/session/login', { body: { login: login.trim(), password, ...(code ? { code } : {}) } })),
    onSuccess: (session) => queries.setQueryData(['session'], session),
    onError: () => setPassword(''),
  });
  const needsCode = go.error !== null && /totp|code_needed/.test(problemOf(go.error).code);
  const submit = (e: FormEvent): void => {
    e.preventDefault();
    if (login && password) go.mutate();
  };
  return (
    <main className="gate">
      <div className="card">
        <div className="head">
          <Mark size={36} />
          <div className="grow">
            <h1>{t('app.name')}</h1>
            <p className="sec small">{state.lab}</p>
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
          {needsCode && <Text label={t('login.code')} value={code} onChange={setCode} inputMode="numeric" />}
          {go.error && <Fault error={go.error} />}
          <Button type="submit" look="primary" size="touch" busy={go.isPending} disabled={!login || !password}>
            {t('login.go')}
          </Button>
          {state.demo && <Notice tone="accent">{t('login.demo')}</Notice>}
        </form>
        <div className="below">
          <span className="num">{state.version}</span>
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
