import { Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';

/** PrintersPage sets label printers up and shows the jobs that a printer has not taken; none is ever lost. */
export function PrintersPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('nav.printers'));
  const can = useCan();
  const now = useNow();
  const [open, setOpen] = useState<S['Printer'] | 'new' | null>(null);
  const printers = useQuery({ queryKey: ['printers'], queryFn: () => must(api.GET('/api/v1/printers')) });
  const jobs = useQuery({
    queryKey: ['prints'],
    queryFn: () => must(api.GET('/api/v1/prints')),
    enabled: can('prints'),
    refetchInterval: 10_000,
  });
  const off = can('changeLab') ? undefined : t('why.permission');
  const test = useMutation({
    mutationFn: (id: string) =>
      must(
        api.POST('/api/v1/printers/{id}/test', { params: { path: { id }, header: { 'Idempotency-Key': newKey() } } }),
      ),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['printers'] }),
  });
  const retry = useMutation({
    mutationFn: (id: string) => must(api.POST('/api/v1/prints/{id}/retry', { params: { path: { id } } })),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['prints'] }),
  });
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <span className="grow" />
          <Button
            look="primary"
            icon={<IconPlus size={15} aria-hidden />}
            disabled={off !== undefined}
            why={off}
            onClick={() => setOpen('new')}
          >
            {t('print.add')}
          </Button>
        </div>
        <div className="fill scroll">
          {(test.error ?? retry.error) && <Fault error={test.error ?? retry.error} />}
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('print.name')}</th>
                <th scope="col">{t('print.address')}</th>
                <th scope="col">{t('print.size')}</th>
                <th scope="col">{t('col.state')}</th>
                <th scope="col" className="right">
                  {t('print.waiting')}
                </th>
                <th scope="col">
                  <span className="vh">{t('act.edit')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={printers}
                rows={2}
                columns={6}
                isEmpty={(p) => p.printers.length === 0}
                empty={<Empty>{t('print.empty')}</Empty>}
              >
                {(p) =>
                  p.printers.map((x) => (
                    <tr key={x.id}>
                      <td className="strong">
                        {x.name}
                        {x.default && (
                          <span className="chip accent" style={{ marginLeft: 8 }}>
                            {t('print.default')}
                          </span>
                        )}
                      </td>
                      <td className="sec num">{x.address}</td>
                      <td className="sec num">{t('print.mm', { w: x.width_mm, h: x.height_mm })}</td>
                      <td
                        className={
                          x.state === 'ready' ? 'tone-released' : x.state === 'unreachable' ? 'tone-high' : 'sec'
                        }
                      >
                        {t(`print.state.${x.state}`)}
                      </td>
                      <td className="right num">{x.waiting}</td>
                      <td className="right">
                        <span className="row" style={{ justifyContent: 'flex-end' }}>
                          <Button
                            size="small"
                            disabled={off !== undefined}
                            why={off}
                            busy={test.isPending}
                            onClick={() => test.mutate(x.id)}
                          >
                            {t('print.test')}
                          </Button>
                          <Button size="small" disabled={off !== undefined} why={off} onClick={() => setOpen(x)}>
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
          {(jobs.data?.jobs.length ?? 0) > 0 && (
            <>
              <h2 style={{ padding: '16px 12px 8px' }}>{t('print.jobs')}</h2>
              <table className="table">
                <tbody>
                  {jobs.data?.jobs.map((j) => (
                    <tr key={j.id}>
                      <td>
                        <LabNo value={j.accession} />
                      </td>
                      <td className="sec">{t('print.copy', { n: j.copy, of: j.copies })}</td>
                      <td className={j.state === 'failed' ? 'tone-high' : j.state === 'sent' ? 'tone-released' : 'sec'}>
                        {t(`print.job.${j.state}`)}
                      </td>
                      <td className="sec">{j.problem}</td>
                      <td className="sec">{ago(ms(j.at) ?? now, now, t)}</td>
                      <td className="right">
                        {j.state !== 'sent' && (
                          <Button size="small" busy={retry.isPending} onClick={() => retry.mutate(j.id)}>
                            {t('act.retry')}
                          </Button>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </>
          )}
        </div>
      </div>
      {open && <PrinterDialog printer={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function PrinterDialog({ printer: p, onClose }: { printer: S['Printer'] | null; onClose: () => void }) {
  const { t } = useTranslation();
  const [key] = useState(newKey);
  const [f, setF] = useState<S['PrinterInput']>(
    p
      ? {
          name: p.name,
          address: p.address,
          width_mm: p.width_mm,
          height_mm: p.height_mm,
          default: p.default,
          versions: p.versions,
        }
      : { name: '', address: '', width_mm: 50, height_mm: 25, default: true },
  );
  const save = useMutation({
    mutationFn: () =>
      p
        ? must(api.PUT('/api/v1/printers/{id}', { params: { path: { id: p.id } }, body: f }))
        : must(api.POST('/api/v1/printers', { params: { header: { 'Idempotency-Key': key } }, body: f })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['printers'] });
      onClose();
    },
  });
  const sizes = ['50x25', '38x25', '40x20', '76x25'];
  return (
    <Modal
      opened
      onClose={onClose}
      title={p ? p.name : t('print.add')}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <Text label={t('print.name')} value={f.name} onChange={(name) => setF({ ...f, name })} data-autofocus />
        <Text
          label={t('print.address')}
          hint={t('print.addressHint')}
          value={f.address}
          onChange={(address) => setF({ ...f, address })}
        />
        <div className="field">
          <label htmlFor="label-size">{t('print.size')}</label>
          <select
            id="label-size"
            className="input"
            value={`${f.width_mm}x${f.height_mm}`}
            onChange={(e) => {
              const [w, h] = e.currentTarget.value.split('x').map(Number);
              setF({ ...f, width_mm: w ?? 50, height_mm: h ?? 25 });
            }}
          >
            {[...new Set([`${f.width_mm}x${f.height_mm}`, ...sizes])].map((s) => (
              <option key={s} value={s}>
                {t('print.mm', { w: s.split('x')[0], h: s.split('x')[1] })}
              </option>
            ))}
          </select>
        </div>
        <Check
          label={t('print.default')}
          checked={f.default}
          onChange={(e) => setF({ ...f, default: e.currentTarget.checked })}
        />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button
            look="primary"
            disabled={!f.name.trim() || !f.address.trim()}
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
