import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { must, newKey } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';
import { linkText } from '../bench/InstrumentsPage';
import { UnitRule } from './UnitRule';

/** AnalyzersPage sets analyzers up: how they are connected, which dialect they speak, what their codes mean. */
export function AnalyzersPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('nav.analyzers'));
  const can = useCan();
  const navigate = useNavigate();
  const [open, setOpen] = useState<S['Instrument'] | 'new' | null>(null);
  const [coding, setCoding] = useState<S['Instrument'] | null>(null);
  const list = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const off = can('approveSender') ? undefined : t('why.permission');
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <span className="grow" />
          <Button disabled={off !== undefined} why={off} onClick={() => setOpen('new')}>
            {t('instr.byHand')}
          </Button>
          <Button
            look="primary"
            icon={<IconPlus size={15} aria-hidden />}
            disabled={off !== undefined}
            why={off}
            onClick={() => void navigate({ to: '/setup/connect' })}
          >
            {t('instr.add')}
          </Button>
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('instr.name')}</th>
                <th scope="col" className="hide-s">
                  {t('instr.section')}
                </th>
                <th scope="col" className="hide-s">
                  {t('instr.profile')}
                </th>
                <th scope="col" className="hide-s">
                  {t('instr.link')}
                </th>
                <th scope="col" className="hide-s">
                  {t('instr.query')}
                </th>
                <th scope="col">{t('instr.codes')}</th>
                <th scope="col">
                  <span className="vh">{t('act.edit')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                columns={7}
                isEmpty={(l) => l.instruments.length === 0}
                empty={<Empty>{t('instr.empty')}</Empty>}
              >
                {(l) =>
                  l.instruments.map((i) => (
                    <tr key={i.id}>
                      <td className="strong">{i.name}</td>
                      <td className="sec hide-s">{t(`section.${i.department}`, { defaultValue: i.department })}</td>
                      <td className="sec hide-s">{i.profile}</td>
                      <td className="sec hide-s">{linkText(i.link)}</td>
                      <td className="sec hide-s">{i.host_query ? t('act.yes') : t('act.no')}</td>
                      <td>
                        {i.unmapped_codes > 0 ? (
                          <span className="chip delta">{t('instr.unmapped', { count: i.unmapped_codes })}</span>
                        ) : (
                          <span className="sec">{t('instr.allMapped')}</span>
                        )}
                      </td>
                      <td className="right">
                        <span className="row" style={{ justifyContent: 'flex-end' }}>
                          <Button size="small" onClick={() => setCoding(i)}>
                            {t('instr.codes')}
                          </Button>
                          <Button size="small" disabled={off !== undefined} why={off} onClick={() => setOpen(i)}>
                            {t('act.edit')}
                          </Button>
                        </span>
                      </td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
      </div>
      {open && <AnalyzerDialog instrument={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
      {coding && <CodesDialog instrument={coding} onClose={() => setCoding(null)} />}
    </div>
  );
}

function AnalyzerDialog({ instrument: i, onClose }: { instrument: S['Instrument'] | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [f, setF] = useState<S['InstrumentInput']>(
    i
      ? {
          name: i.name,
          department: i.department,
          profile: i.profile,
          link: i.link,
          enabled: i.enabled,
          host_query: i.host_query,
          window_days: i.window_days,
          short_ids: i.short_ids,
          versions: i.versions,
        }
      : {
          name: '',
          department: '',
          profile: '',
          link: { kind: 'tcp_server' },
          enabled: true,
          host_query: true,
          window_days: 7,
          short_ids: false,
        },
  );
  const profiles = useQuery({
    queryKey: ['profiles'],
    queryFn: () => must(api.GET('/api/v1/profiles')),
    staleTime: Infinity,
  });
  const catalogue = useQuery({ queryKey: ['catalogue'], queryFn: () => must(api.GET('/api/v1/catalogue')) });
  const set = (c: Partial<S['InstrumentInput']>): void => setF((now) => ({ ...now, ...c }));
  const link = (c: Partial<S['Link']>): void => set({ link: { ...f.link, ...c } });
  const save = useMutation({
    mutationFn: () =>
      i
        ? must(api.PUT('/api/v1/instruments/{id}', { params: { path: { id: i.id } }, body: f }))
        : must(api.POST('/api/v1/instruments', { params: { header: { 'Idempotency-Key': key } }, body: f })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['instruments'] });
      onClose();
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={i ? i.name : t('instr.add')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <div className="cols2">
          <Text label={t('instr.name')} value={f.name} onChange={(name) => set({ name })} data-autofocus />
          <Pick
            label={t('instr.section')}
            value={f.department ?? ''}
            onChange={(department) => set({ department })}
            options={[
              { value: '', label: '–' },
              ...(catalogue.data?.departments ?? []).map((d) => ({
                value: d,
                label: t(`section.${d}`, { defaultValue: d }),
              })),
            ]}
          />
          <Pick
            label={t('instr.profile')}
            value={f.profile}
            onChange={(profile) => set({ profile })}
            options={[
              { value: '', label: t('act.choose') },
              ...(profiles.data?.profiles ?? []).map((p) => ({
                value: p.name,
                label: [p.name, p.vendor, p.models].filter(Boolean).join(' · '),
              })),
            ]}
          />
          <Pick
            label={t('instr.link')}
            value={f.link.kind}
            onChange={(kind) => link({ kind: kind as S['Link']['kind'] })}
            options={(['tcp_server', 'tcp_port', 'tcp_client', 'serial'] as const).map((k) => ({
              value: k,
              label: t(`instr.kind.${k}`),
            }))}
          />
          {f.link.kind === 'serial' ? (
            <>
              <Text label={t('instr.port')} value={f.link.port ?? ''} onChange={(port) => link({ port })} />
              <Text
                label={t('instr.baud')}
                value={String(f.link.baud ?? 9600)}
                inputMode="numeric"
                onChange={(v) => link({ baud: Number(v.replace(/\D/g, '')) || 9600 })}
              />
            </>
          ) : (
            <Text
              label={t('instr.address')}
              hint={t(`instr.addressHint.${f.link.kind}`)}
              value={f.link.address ?? ''}
              onChange={(address) => link({ address })}
            />
          )}
          <Text
            label={t('instr.window')}
            value={String(f.window_days)}
            inputMode="numeric"
            onChange={(v) => set({ window_days: Math.max(1, Math.min(60, Number(v.replace(/\D/g, '')) || 1)) })}
          />
        </div>
        <Check
          label={t('instr.queryLong')}
          checked={f.host_query}
          onChange={(e) => set({ host_query: e.currentTarget.checked })}
        />
        <Check
          label={t('instr.shortIds')}
          checked={f.short_ids}
          onChange={(e) => set({ short_ids: e.currentTarget.checked })}
        />
        <Check
          label={t('instr.enabled')}
          checked={f.enabled}
          onChange={(e) => set({ enabled: e.currentTarget.checked })}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look="primary"
            disabled={!f.name.trim() || !f.profile}
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

/** CodesDialog maps the codes of an analyzer to tests, for ever. */
function CodesDialog({ instrument, onClose }: { instrument: S['Instrument']; onClose: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const codes = useQuery({
    queryKey: ['codes', instrument.id],
    queryFn: () => must(api.GET('/api/v1/instruments/{id}/codes', { params: { path: { id: instrument.id } } })),
  });
  const catalogue = useQuery({ queryKey: ['catalogue'], queryFn: () => must(api.GET('/api/v1/catalogue')) });
  const [code, setCode] = useState('');
  const [test, setTest] = useState('');
  const save = useMutation({
    mutationFn: (b: S['CodeInput']) =>
      must(api.PUT('/api/v1/instruments/{id}/codes', { params: { path: { id: instrument.id } }, body: b })),
    onSuccess: (l) => {
      queries.setQueryData(['codes', instrument.id], l);
      setCode('');
    },
  });
  const options = [
    { value: '', label: t('act.choose') },
    ...(catalogue.data?.tests ?? []).map((x) => ({ value: x.id, label: `${x.code} · ${x.name}` })),
  ];
  const off = !can('setCode');
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('instr.codesOf', { name: instrument.name })}
      size="lg"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('col.code')}</th>
              <th scope="col">{t('col.test')}</th>
              <th scope="col">{t('connect.unit')}</th>
              <th scope="col" className="right">
                {t('instr.seen')}
              </th>
            </tr>
          </thead>
          <tbody>
            {codes.data?.codes.map((c) => (
              <tr key={c.code}>
                <td className="mono">{c.code}</td>
                <td>
                  <select
                    className="input"
                    aria-label={t('inbox.means')}
                    disabled={off}
                    value={c.test_id ?? ''}
                    onChange={(e) =>
                      e.currentTarget.value &&
                      save.mutate({
                        code: c.code,
                        test_id: e.currentTarget.value,
                        ...(c.versions ? { versions: c.versions } : {}),
                      })
                    }
                  >
                    {options.map((o) => (
                      <option key={o.value} value={o.value}>
                        {o.label}
                      </option>
                    ))}
                  </select>
                  {c.test_id && (c.unit_differs || c.conversion) && (
                    <UnitRule
                      test={c.test ?? ''}
                      sent={c.unit}
                      unit={c.test_unit}
                      value={c.conversion}
                      off={off}
                      onChange={(conversion) =>
                        save.mutate({
                          code: c.code,
                          test_id: c.test_id ?? '',
                          ...(conversion ? { conversion } : {}),
                          ...(c.versions ? { versions: c.versions } : {}),
                        })
                      }
                    />
                  )}
                </td>
                <td className="sec small">{c.unit}</td>
                <td className="right num sec">{c.seen}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {(save.error ?? codes.error) && <Fault error={save.error ?? codes.error} />}
        <div className="row" style={{ alignItems: 'flex-end' }}>
          <div style={{ width: 140 }}>
            <Text label={t('col.code')} value={code} onChange={setCode} />
          </div>
          <div className="grow">
            <Pick label={t('inbox.means')} value={test} onChange={setTest} options={options} />
          </div>
          <Button
            disabled={off || !code.trim() || !test}
            busy={save.isPending}
            onClick={() => save.mutate({ code: code.trim(), test_id: test })}
          >
            {t('instr.map')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
