import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { useKeys } from '@jaanch/shared/hooks/keys';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Fault } from '@jaanch/shared/ui/Notice';
import { isStale, Stale } from '@jaanch/shared/ui/Stale';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';

const identity = ['name', 'name_local', 'address', 'city', 'state', 'pin_code', 'phone', 'email', 'web'] as const;
const papers = ['gstin', 'nabl', 'registration', 'director', 'upi'] as const;
const yesNo = ['letterhead', 'auto_receive', 'own_verify'] as const;

/** LabPage is who the lab is, as it stands on every report, and the rules it works by. */
export function LabPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('nav.lab'));
  const lab = useQuery({ queryKey: ['lab'], queryFn: () => must(api.GET('/api/v1/setup/lab')) });
  if (!lab.data)
    return <div className="page">{lab.error && <Fault error={lab.error} onRetry={() => void lab.refetch()} />}</div>;
  return <LabForm key={lab.data.versions} lab={lab.data} />;
}

function LabForm({ lab }: { lab: S['Lab'] }) {
  const { t } = useTranslation();
  const can = useCan();
  const { node_code: code, versions, ...input } = lab;
  const [f, setF] = useState<S['LabInput']>(input);
  const [theirs, setTheirs] = useState<S['Lab'] | null>(null);
  const off = can('changeLab') ? undefined : t('why.permission');
  const save = useMutation({
    mutationFn: (on: string) => must(api.PUT('/api/v1/setup/lab', { body: { lab: f, versions: on } })),
    onSuccess: (now) => {
      setTheirs(null);
      queries.setQueryData(['lab'], now);
    },
    onError: async (err) => {
      if (isStale(err)) setTheirs(await must(api.GET('/api/v1/setup/lab')));
    },
  });
  const set = (change: Partial<S['LabInput']>): void => setF((now) => ({ ...now, ...change }));
  const changed = JSON.stringify(f) !== JSON.stringify(input);
  useKeys([{ keys: 'mod+Enter', label: t('act.save'), run: () => !off && changed && save.mutate(versions) }]);
  return (
    <div className="screen">
      <div className="pane">
        <div className="fill scroll">
          <fieldset
            disabled={off !== undefined}
            style={{ border: 0, margin: 0, padding: 16, display: 'grid', gap: 24, maxWidth: 860 }}
          >
            <section className="col wide">
              <h2>{t('lab.identity')}</h2>
              <div className="cols2">
                {identity.map((k) => (
                  <Text key={k} label={t(`lab.${k}`)} value={f[k] ?? ''} onChange={(v) => set({ [k]: v })} />
                ))}
              </div>
            </section>
            <section className="col wide">
              <h2>{t('lab.papers')}</h2>
              <div className="cols2">
                {papers.map((k) => (
                  <Text key={k} label={t(`lab.${k}`)} value={f[k] ?? ''} onChange={(v) => set({ [k]: v })} />
                ))}
              </div>
            </section>
            <section className="col wide">
              <h2>{t('lab.rules')}</h2>
              <div className="cols2">
                <Pick
                  label={t('lab.report_language')}
                  value={f.report_language ?? ''}
                  onChange={(v) => set({ report_language: v === 'en' ? 'en' : 'hi+en' })}
                  options={[
                    { value: 'hi+en', label: t('reception.both') },
                    { value: 'en', label: t('reception.english') },
                  ]}
                />
                <Pick
                  label={t('lab.verify_levels')}
                  value={String(f.verify_levels)}
                  onChange={(v) => set({ verify_levels: Number(v) })}
                  options={['1', '2'].map((v) => ({ value: v, label: t(`lab.levels.${v}`) }))}
                />
                <Text
                  label={t('lab.discount')}
                  value={String(f.discount_max_percent)}
                  inputMode="numeric"
                  onChange={(v) => set({ discount_max_percent: Math.min(100, Number(v.replace(/\D/g, '')) || 0) })}
                />
                <Text label={t('lab.code')} value={code} disabled onChange={() => undefined} hint={t('lab.codeHint')} />
              </div>
              <div className="col" style={{ gap: 0 }}>
                {yesNo.map((k) => (
                  <Check
                    key={k}
                    label={t(`lab.${k}`)}
                    checked={f[k]}
                    onChange={(e) => set({ [k]: e.currentTarget.checked })}
                  />
                ))}
              </div>
            </section>
            {save.error && problemOf(save.error).code !== 'stale_record' && <Fault error={save.error} />}
          </fieldset>
        </div>
        <footer className="foot acts">
          <span className="grow">{off}</span>
          <Button
            look="primary"
            keys="mod+Enter"
            disabled={off !== undefined || !changed}
            why={off}
            busy={save.isPending}
            onClick={() => save.mutate(versions)}
          >
            {t('act.save')}
          </Button>
        </footer>
      </div>
      <Stale
        opened={theirs !== null}
        fields={
          theirs
            ? [...identity, ...papers]
                .filter((k) => (theirs[k] ?? '') !== (f[k] ?? ''))
                .map((k) => ({ label: t(`lab.${k}`), yours: f[k] ?? '', theirs: theirs[k] ?? '' }))
            : []
        }
        onClose={() => setTheirs(null)}
        onTheirs={() => {
          if (theirs) queries.setQueryData(['lab'], theirs);
          setTheirs(null);
        }}
        onYours={theirs ? () => save.mutate(theirs.versions) : undefined}
      />
    </div>
  );
}
