import './out.css';
import { Modal } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault, Notice } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';
import { Wording } from './Wording';

/** OutreachPage sets up how the organisation speaks to the outside: services, the ways in their order, and the words. */
export function OutreachPage() {
  const { t } = useTranslation();
  useHeading(t('out.setup'));
  const navigate = useNavigate();
  const { view = 'services' } = useSearch({ from: '/outreach' });
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('out.setup')}
            value={view}
            options={[
              { value: 'services', label: t('out.services') },
              { value: 'ways', label: t('out.ways') },
              { value: 'words', label: t('out.words') },
            ]}
            onChange={(v) => void navigate({ to: '/outreach', search: { view: v } })}
          />
        </div>
        {view === 'services' && <Services />}
        {view === 'ways' && <Ways />}
        {view === 'words' && <Wording />}
      </div>
    </div>
  );
}

function Services() {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState<S['Standing'] | null>(null);
  const list = useQuery({ queryKey: ['services'], queryFn: () => must(api.GET('/api/v1/outside/services')) });
  return (
    <div className="fill scroll">
      {list.data?.on === false && <Notice tone="held">{t('out.off')}</Notice>}
      <table className="table" data-testid="services">
        <thead>
          <tr>
            <th scope="col">{t('out.service')}</th>
            <th scope="col">{t('hub.stateCol')}</th>
            <th scope="col" className="hide-s">
              {t('out.changed')}
            </th>
            <th scope="col">
              <span className="vh">{t('act.edit')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Rows
            query={list}
            columns={4}
            isEmpty={(l) => l.services.length === 0}
            empty={<Empty>{t('out.noServices')}</Empty>}
          >
            {(l) =>
              l.services.map((s) => (
                <tr key={s.service}>
                  <td>
                    <span className="strong">{t(`out.names.${s.service}`, { defaultValue: s.service })}</span>
                    <br />
                    <span className="sec">{t(`out.does.${s.service}`, { defaultValue: '' })}</span>
                  </td>
                  <td>
                    {s.kept.length === 0 ? t('out.notSetUp') : t('out.kept', { n: s.kept.length, of: s.names.length })}
                  </td>
                  <td className="sec hide-s num">{s.changed_at ? stamp(ms(s.changed_at) ?? 0, i18n.language) : '–'}</td>
                  <td className="right">
                    <Button size="small" onClick={() => setOpen(s)}>
                      {t('out.setUp')}
                    </Button>
                  </td>
                </tr>
              ))
            }
          </Rows>
        </tbody>
      </table>
      {open && <Service service={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

/** open are settings that are no secret, so that what is typed may be seen. */
const open = new Set([
  'url',
  'number',
  'version',
  'account',
  'sender',
  'from',
  'from_name',
  'host',
  'port',
  'user',
  'gstin',
  'client',
  'hip',
  'key',
]);

function Service({ service, onClose }: { service: S['Standing']; onClose: () => void }) {
  const { t } = useTranslation();
  const [values, setValues] = useState<Record<string, string>>({});
  const done = (): void => {
    void queries.invalidateQueries({ queryKey: ['services'] });
    onClose();
  };
  const save = useMutation({
    mutationFn: () =>
      api.POST('/api/v1/outside/services/{service}', {
        params: { path: { service: service.service } },
        body: { values },
      }),
    onSuccess: done,
  });
  const drop = useMutation({
    mutationFn: () =>
      api.DELETE('/api/v1/outside/services/{service}', { params: { path: { service: service.service } } }),
    onSuccess: done,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t(`out.names.${service.service}`, { defaultValue: service.service })}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <form
        className="col wide"
        onSubmit={(e) => {
          e.preventDefault();
          save.mutate();
        }}
      >
        <p className="sec">{t('out.writeOnly')}</p>
        {service.names.map((name, i) => (
          <Text
            key={name}
            label={t(`out.setting.${name}`, { defaultValue: name })}
            type={open.has(name) && !(service.service === 'sendgrid' && name === 'key') ? 'text' : 'password'}
            autoComplete={open.has(name) ? 'off' : 'new-password'}
            placeholder={service.kept.includes(name) ? t('out.isKept') : ''}
            value={values[name] ?? ''}
            onChange={(v) => setValues({ ...values, [name]: v })}
            data-autofocus={i === 0 ? true : undefined}
          />
        ))}
        {save.error && <Fault error={save.error} />}
        {drop.error && <Fault error={drop.error} />}
        <div className="row">
          {service.kept.length > 0 && (
            <Button look="danger" busy={drop.isPending} onClick={() => drop.mutate()}>
              {t('out.takeAway')}
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button look="primary" type="submit" busy={save.isPending} disabled={Object.keys(values).length === 0}>
            {t('act.save')}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const ways = ['whatsapp', 'sms', 'email'] as const;

function Ways() {
  const { t } = useTranslation();
  const all = useQuery({ queryKey: ['outreach'], queryFn: () => must(api.GET('/api/v1/outreach')) });
  if (all.error) return <Fault error={all.error} onRetry={() => void all.refetch()} />;
  return (
    <div className="fill scroll page">
      <p className="sec">{t('out.waysText')}</p>
      {all.data?.settings.map((s) => (
        <Way key={s.kind} setting={s} />
      ))}
    </div>
  );
}

function Way({ setting }: { setting: S['Setting'] }) {
  const { t } = useTranslation();
  const [s, setS] = useState(setting);
  const save = useMutation({
    mutationFn: () => api.POST('/api/v1/outreach/settings', { body: s }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['outreach'] }),
  });
  const order = [0, 1, 2].map((i) => s.channels?.[i] ?? '');
  const place = (i: number, way: string): void => {
    const next = order.map((w, j) => (j === i ? way : w === way ? '' : w)).filter(Boolean);
    setS({ ...s, channels: next });
  };
  return (
    <section className="block" aria-label={t(`out.kind.${s.kind}`)}>
      <h2>{t(`out.kind.${s.kind}`)}</h2>
      <div className="row wrap">
        {order.map((way, i) => (
          <Pick
            key={i}
            label={t('out.nth', { n: i + 1 })}
            value={way}
            options={[{ value: '', label: '–' }, ...ways.map((w) => ({ value: w, label: t(`out.way.${w}`) }))]}
            onChange={(w) => place(i, w)}
          />
        ))}
        <Pick
          label={t('out.after')}
          value={String(s.wait_s)}
          options={[120, 300, 900, 1800, 7200, s.wait_s]
            .filter((v, i, l) => l.indexOf(v) === i)
            .map((v) => ({ value: String(v), label: t('out.minutes', { n: Math.round(v / 60) }) }))}
          onChange={(v) => setS({ ...s, wait_s: Number(v) })}
        />
      </div>
      <Check
        label={t('out.quiet')}
        checked={s.quiet}
        onChange={(e) => setS({ ...s, quiet: e.currentTarget.checked })}
      />
      {save.error && <Fault error={save.error} />}
      <div className="row">
        <Button
          look="primary"
          busy={save.isPending}
          disabled={JSON.stringify(s) === JSON.stringify(setting)}
          onClick={() => save.mutate()}
        >
          {t('act.save')}
        </Button>
      </div>
    </section>
  );
}
