import { Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { Fault } from '@jaanch/shared/ui/Notice';
import { Pin } from '@jaanch/shared/ui/Pin';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';
import { queries } from '../../queries';
import { useSession } from '../../session';

/** needsStepUp tells whether the node wants to see who sits there before it signs. */
export function needsStepUp(err: unknown): boolean {
  const code = problemOf(err).code;
  return code.includes('step_up') || code === 'pin_required';
}

/** useStepUp asks for the PIN when the node wants it, and then does again what was asked. */
export function useStepUp() {
  const [again, setAgain] = useState<(() => void) | null>(null);
  return {
    again,
    onError: (err: unknown, retry: () => void) => {
      if (needsStepUp(err)) setAgain(() => retry);
    },
    close: () => setAgain(null),
  };
}

/** StepUp proves who sits there: by PIN, or by the password where no PIN is set. It holds for ten minutes. */
export function StepUp({ step }: { step: ReturnType<typeof useStepUp> }) {
  const { t } = useTranslation();
  const session = useSession();
  const [password, setPassword] = useState('');
  const [byPassword, setByPassword] = useState(!session.user.has_pin);
  const prove = useMutation({
    mutationFn: (body: { pin?: string; password?: string }) => must(api.POST('/api/v1/session/step-up', { body })),
    onSuccess: (s) => {
      queries.setQueryData(['session'], s);
      const again = step.again;
      setPassword('');
      step.close();
      again?.();
    },
  });
  return (
    <Modal
      opened={step.again !== null}
      onClose={step.close}
      title={t('stepup.title')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide" data-testid="step-up">
        <p>{t('stepup.text', { name: session.user.name })}</p>
        {byPassword ? (
          <form
            className="col wide"
            onSubmit={(e) => {
              e.preventDefault();
              prove.mutate({ password });
            }}
          >
            <Text
              label={t('login.password')}
              type="password"
              autoFocus
              data-autofocus
              value={password}
              onChange={setPassword}
              autoComplete="current-password"
            />
            <Button type="submit" look="primary" disabled={!password} busy={prove.isPending}>
              {t('stepup.go')}
            </Button>
          </form>
        ) : (
          <Pin label={t('user.pin')} busy={prove.isPending} onDone={(pin) => prove.mutate({ pin })} />
        )}
        {session.user.has_pin && (
          <Button look="plain" onClick={() => setByPassword(!byPassword)}>
            {byPassword ? t('stepup.byPin') : t('stepup.byPassword')}
          </Button>
        )}
        {prove.error && <Fault error={prove.error} />}
      </div>
    </Modal>
  );
}
