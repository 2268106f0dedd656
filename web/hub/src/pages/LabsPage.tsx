import './hub.css';
import { Modal } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, span, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, queries, type S } from '../api';
import { useManages } from '../session';
import { NodeDialog } from './NodeDialog';
import { LinkState } from './words';

/** LabsPage lists labs with their nodes, and makes the code by which a new node joins. */
export function LabsPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('hub.labs'));
  const navigate = useNavigate();
  const now = useNow();
  const manages = useManages();
  const { lab } = useSearch({ from: '/labs' });
  const [adding, setAdding] = useState(false);
  const [coding, setCoding] = useState<S['Lab'] | null>(null);
  const [shownNode, setShown] = useState<S['Node'] | null>(null);
  const labs = useQuery({ queryKey: ['labs'], queryFn: () => must(api.GET('/api/v1/labs')) });
  const nodes = useQuery({
    queryKey: ['nodes'],
    queryFn: () => must(api.GET('/api/v1/nodes')),
    refetchInterval: 15_000,
  });
  const why = manages ? undefined : t('why.permission');
  const chosen = labs.data?.labs.find((l) => l.id === lab);
  const shown = (nodes.data?.nodes ?? []).filter((n) => !lab || n.lab === lab);
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <select
            className="input"
            style={{ width: 'auto' }}
            aria-label={t('hub.lab')}
            value={lab ?? ''}
            onChange={(e) => void navigate({ to: '/labs', search: { lab: e.currentTarget.value || undefined } })}
          >
            <option value="">{t('hub.allLabs')}</option>
            {labs.data?.labs.map((l) => (
              <option key={l.id} value={l.id}>
                {[l.name, l.city].filter(Boolean).join(', ')}
              </option>
            ))}
          </select>
          <span className="grow" />
          <Button
            icon={<IconKey size={15} aria-hidden />}
            disabled={!manages || !(chosen ?? labs.data?.labs[0])}
            why={why}
            onClick={() => setCoding(chosen ?? labs.data?.labs[0] ?? null)}
            data-testid="enrol-code"
          >
            {t('hub.newCode')}
          </Button>
          <Button
            look="primary"
            icon={<IconPlus size={15} aria-hidden />}
            disabled={!manages}
            why={why}
            onClick={() => setAdding(true)}
          >
            {t('hub.addLab')}
          </Button>
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('hub.node')}</th>
                <th scope="col">{t('hub.lab')}</th>
                <th scope="col">{t('hub.stateCol')}</th>
                <th scope="col" className="right">
                  {t('hub.waiting')}
                </th>
                <th scope="col">{t('hub.lastHeard')}</th>
                <th scope="col" className="right hide-s">
                  {t('hub.entries')}
                </th>
                <th scope="col" className="hide-s">
                  {t('hub.version')}
                </th>
                <th scope="col">
                  <span className="vh">{t('act.edit')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={nodes}
                columns={8}
                isEmpty={() => shown.length === 0}
                empty={<Empty>{t('hub.noNodes')}</Empty>}
              >
                {() =>
                  shown.map((n) => {
                    const seen = ms(n.last_seen);
                    const old = ms(n.oldest_pending);
                    return (
                      <tr key={n.id} data-testid="node-row" data-state={n.state}>
                        <td>
                          <span className="strong num">{n.code}</span> <span className="sec">{n.name}</span>
                        </td>
                        <td>{n.lab_name}</td>
                        <td>
                          {n.status === 'active' ? (
                            <LinkState state={n.state} since={n.offline_since} skewMs={n.skew_ms} />
                          ) : (
                            <span className="chip">{t(`hub.status.${n.status}`)}</span>
                          )}
                        </td>
                        <td className="right num" title={old === null ? '' : span(now - old, t)}>
                          {n.pending ?? '–'}
                        </td>
                        <td className="sec" title={seen === null ? '' : stamp(seen, i18n.language)}>
                          {seen === null ? '–' : ago(seen, now, t)}
                        </td>
                        <td className="right num hide-s">{n.entries}</td>
                        <td className="sec hide-s">{n.version}</td>
                        <td className="right">
                          <Button size="small" onClick={() => setShown(n)} data-testid="manage-node">
                            {t('hub.manage')}
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
        <footer className="foot">
          <span className="grow" />
          <span className="num">{t('hub.nodeCount', { count: shown.length })}</span>
        </footer>
      </div>
      {adding && <AddLab onClose={() => setAdding(false)} />}
      {coding && <EnrolCode lab={coding} onClose={() => setCoding(null)} />}
      {shownNode && <NodeDialog node={shownNode} onClose={() => setShown(null)} />}
    </div>
  );
}

function AddLab({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState('');
  const [city, setCity] = useState('');
  const [key] = useState(newKey);
  const save = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/labs', {
          params: { header: { 'Idempotency-Key': key } },
          body: { name: name.trim(), city: city.trim() },
        }),
      ),
    onSuccess: () => {
      void queries.invalidateQueries({ predicate: (q) => ['labs', 'overview'].includes(String(q.queryKey[0])) });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t('hub.addLab')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <div className="col wide">
        <Text label={t('hub.labName')} value={name} onChange={setName} data-autofocus />
        <Text label={t('hub.city')} value={city} onChange={setCity} />
        {save.error && <Fault error={save.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.cancel')}</Button>
          <Button look="primary" disabled={!name.trim()} busy={save.isPending} onClick={() => save.mutate()}>
            {t('act.save')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

/** EnrolCode makes a code for one node of a lab. It is shown once, for it is kept only as a hash. */
function EnrolCode({ lab, onClose }: { lab: S['Lab']; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const [key] = useState(newKey);
  const make = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/labs/{id}/enrol-code', {
          params: { path: { id: lab.id }, header: { 'Idempotency-Key': key } },
        }),
      ),
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('hub.codeFor', { lab: lab.name })}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide">
        <p>{t('hub.codeText')}</p>
        {make.data && (
          <div className="code" data-testid="code">
            {make.data.code}
          </div>
        )}
        {make.data && (
          <p className="sec small">{t('hub.codeUntil', { at: stamp(ms(make.data.expires) ?? 0, i18n.language) })}</p>
        )}
        {make.error && <Fault error={make.error} />}
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={onClose}>{t('act.close')}</Button>
          {!make.data && (
            <Button look="primary" busy={make.isPending} onClick={() => make.mutate()} data-autofocus>
              {t('hub.makeCode')}
            </Button>
          )}
        </div>
      </div>
    </Modal>
  );
}
