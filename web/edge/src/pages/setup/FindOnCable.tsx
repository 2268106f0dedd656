import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { Button } from '@jaanch/shared/ui/Button';
import { Check, Pick } from '@jaanch/shared/ui/Field';
import { Fault, Notice } from '@jaanch/shared/ui/Notice';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

/** FindOnCable finds the speed and parity of a serial port by listening; what the analyzer sends meanwhile is not lost. */
export function FindOnCable({ onFound }: { onFound: (s: S['PortSearch']) => void }) {
  const { t } = useTranslation();
  const [port, setPort] = useState('');
  const [probe, setProbe] = useState(false);
  const ports = useQuery({ queryKey: ['serial-ports'], queryFn: () => must(api.GET('/api/v1/serial-ports')) });
  const search = useQuery({
    queryKey: ['port-search'],
    queryFn: () => must(api.GET('/api/v1/serial-ports/search')),
    refetchInterval: (q) => (q.state.data?.state === 'running' ? 1000 : false),
  });
  const keep = (s: S['PortSearch']): void => void queries.setQueryData(['port-search'], s);
  const start = useMutation({
    mutationFn: () =>
      must(api.POST('/api/v1/serial-ports/search', { body: { device: port || (ports.data?.ports[0] ?? ''), probe } })),
    onSuccess: keep,
  });
  const stop = useMutation({ mutationFn: () => must(api.POST('/api/v1/serial-ports/search/stop')), onSuccess: keep });
  const s = search.data;
  useEffect(() => {
    if (s?.state === 'found') onFound(s);
  }, [s, onFound]);
  return (
    <div className="col">
      <div className="row" style={{ alignItems: 'flex-end', flexWrap: 'wrap' }}>
        <div style={{ flex: '1 1 260px' }}>
          <Pick
            label={t('instr.port')}
            value={port || (ports.data?.ports[0] ?? '')}
            onChange={setPort}
            options={(ports.data?.ports ?? []).map((p) => ({ value: p, label: p.replace('/dev/serial/by-id/', '') }))}
          />
        </div>
        {s?.state === 'running' ? (
          <Button busy={stop.isPending} onClick={() => stop.mutate()}>
            {t('connect.stop')}
          </Button>
        ) : (
          <Button
            look="primary"
            disabled={!ports.data?.ports.length}
            why={ports.data?.ports.length ? undefined : t('connect.noPorts')}
            busy={start.isPending}
            onClick={() => start.mutate()}
          >
            {t('connect.find')}
          </Button>
        )}
      </div>
      <Check label={t('connect.probe')} checked={probe} onChange={(e) => setProbe(e.currentTarget.checked)} />
      {(ports.error ?? start.error ?? stop.error) && <Fault error={ports.error ?? start.error ?? stop.error} />}
      {s && s.state !== 'none' && (
        <div className="col" data-testid="port-search" data-state={s.state}>
          {s.state === 'found' ? (
            <Notice tone="accent" title={t('connect.found', { settings: s.found ?? '' })}>
              {t('connect.foundText')}
            </Notice>
          ) : (
            <p role="status">{t(`connect.search.${s.state}`, { now: s.now ?? '' })}</p>
          )}
          <ol className="tries">
            {s.tried.slice(-12).map((x, i) => (
              <li key={`${x.settings}-${i}`}>
                <span className="mono">{x.settings}</span>
                <span className="bar-out">
                  <i style={{ width: `${x.plausible}%` }} />
                </span>
                <span className="sec small num">{t('connect.tried', { count: x.bytes, percent: x.plausible })}</span>
              </li>
            ))}
          </ol>
        </div>
      )}
    </div>
  );
}
