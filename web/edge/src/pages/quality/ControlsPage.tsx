import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Notice } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { useCan } from '../../session';
import { ControlDialog } from './ControlDialog';
import { TargetsDialog } from './TargetsDialog';

/** ControlsPage sets up control materials: lots, levels, the id under which they come, and what they should read. */
export function ControlsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('qc.title'), t('quality.materials'));
  const can = useCan();
  const [editing, setEditing] = useState<S['Control'] | Partial<S['ControlInput']> | null>(null);
  const [aiming, setAiming] = useState<string | null>(null);
  const list = useQuery({ queryKey: ['controls'], queryFn: () => must(api.GET('/api/v1/controls')) });
  const devices = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const off = can('addControl') ? undefined : t('why.permission');
  const name = (id: string | undefined): string =>
    devices.data?.instruments.find((i) => i.id === id)?.name ?? t('quality.everyAnalyzer');
  const aimed = list.data?.controls.find((c) => c.id === aiming);
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
            onClick={() => setEditing({})}
            data-testid="add-control"
          >
            {t('quality.add')}
          </Button>
        </div>
        <div className="fill scroll">
          {list.data?.unknown.map((u) => (
            <div key={u.instrument_id + u.sample_text} style={{ padding: '8px 12px 0' }} data-testid="unknown-control">
              <Notice
                side
                tone="delta"
                title={t('quality.unknown', { id: u.sample_text })}
                action={
                  <Button
                    size="small"
                    disabled={off !== undefined}
                    why={off}
                    onClick={() => setEditing({ sample_text: u.sample_text })}
                  >
                    {t('quality.setUp')}
                  </Button>
                }
              >
                {t('quality.unknownText', {
                  count: u.values,
                  analyzer: name(u.instrument_id),
                  at: stamp(ms(u.last) ?? 0, i18n.language),
                })}
              </Notice>
            </div>
          ))}
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('quality.material')}</th>
                <th scope="col">{t('quality.lotWord')}</th>
                <th scope="col" className="right">
                  {t('quality.levelWord')}
                </th>
                <th scope="col" className="hide-s">
                  {t('quality.sentAs')}
                </th>
                <th scope="col" className="hide-s">
                  {t('instr.name')}
                </th>
                <th scope="col" className="hide-s">
                  {t('quality.expiry')}
                </th>
                <th scope="col" className="right hide-s">
                  {t('quality.targets')}
                </th>
                <th scope="col">
                  <span className="vh">{t('act.edit')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                columns={8}
                isEmpty={(l) => l.controls.length === 0}
                empty={<Empty>{t('quality.noControls')}</Empty>}
              >
                {(l) =>
                  l.controls.map((c) => (
                    <tr key={c.id} data-testid="control">
                      <td>
                        <span className="strong">{c.name}</span>{' '}
                        {c.active ? null : <span className="chip">{t('quality.off')}</span>}
                        <span className="sec small"> {c.maker}</span>
                      </td>
                      <td className="num">{c.lot}</td>
                      <td className="right num">{c.level}</td>
                      <td className="mono hide-s">{c.sample_text}</td>
                      <td className="sec hide-s">{name(c.instrument_id)}</td>
                      <td className="num sec hide-s">{c.expiry ?? '–'}</td>
                      <td className="right num hide-s">{c.targets.length}</td>
                      <td className="right">
                        <span className="row" style={{ justifyContent: 'flex-end' }}>
                          <Button size="small" onClick={() => setAiming(c.id)} data-testid="targets">
                            {t('quality.targets')}
                          </Button>
                          <Button size="small" disabled={off !== undefined} why={off} onClick={() => setEditing(c)}>
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
      {editing && (
        <ControlDialog
          control={editing}
          instruments={devices.data?.instruments ?? []}
          onClose={() => setEditing(null)}
          onAdded={setAiming}
        />
      )}
      {aimed && (
        <TargetsDialog control={aimed} instruments={devices.data?.instruments ?? []} onClose={() => setAiming(null)} />
      )}
    </div>
  );
}
