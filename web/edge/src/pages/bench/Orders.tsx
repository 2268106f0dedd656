import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, clock, ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconBan, IconCheck, IconChecks, IconClock, IconX } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';

type Look = 'waiting' | 'sent' | 'answered' | 'refused' | 'dropped' | 'withdrawn';
const looks: Record<Look, { icon: typeof IconCheck; tone: string }> = {
  waiting: { icon: IconClock, tone: 'tone-delta' },
  sent: { icon: IconCheck, tone: 'tone-accent' },
  answered: { icon: IconChecks, tone: 'tone-released' },
  refused: { icon: IconX, tone: 'tone-high' },
  dropped: { icon: IconBan, tone: 'tone-rejected' },
  withdrawn: { icon: IconBan, tone: 'tone-rejected' },
};

/** lookOf tells where a message to an analyzer stands; an order is answered when every test in it has a value. */
export function lookOf(x: S['Transfer']): Look {
  const asked = x.tests.filter((c) => c.state === 'asked');
  if (x.kind === 'order' && x.state === 'sent' && asked.length > 0 && asked.every((c) => c.done)) return 'answered';
  return x.state;
}

/** problemText says why the line did not take a message; the analyzer's own words stand as they are. */
export function problemText(problem: string | undefined, t: TFunction): string {
  return problem ? t(`orders.problem.${problem}`, { defaultValue: problem }) : '';
}

/** OrderState says in words where a message stands. */
export function OrderState({ look }: { look: Look }) {
  const { t } = useTranslation();
  const Icon = looks[look].icon;
  return (
    <span className={`state ${looks[look].tone}`}>
      <Icon size={14} stroke={1.75} aria-hidden />
      {t(`orders.state.${look}`)}
    </span>
  );
}

/** Orders lists what one analyzer was asked to do, newest first: what waits, what it took, what it refused and why. */
export function Orders({ instrument }: { instrument: S['Instrument'] }) {
  const { t, i18n } = useTranslation();
  const now = useNow();
  const can = useCan();
  const key = ['transfers', instrument.id];
  const list = useQuery({
    queryKey: key,
    queryFn: () => must(api.GET('/api/v1/instruments/{id}/transfers', { params: { path: { id: instrument.id } } })),
    refetchInterval: 10_000,
  });
  const decide = useMutation({
    mutationFn: (b: { id: string; action: 'retry' | 'drop' }) =>
      must(api.POST('/api/v1/transfers/{id}', { params: { path: { id: b.id } }, body: { action: b.action } })),
    onSuccess: (l) => {
      queries.setQueryData(key, l);
      void queries.invalidateQueries({ queryKey: ['instruments'] });
    },
  });
  const off = can('decideTransfer') ? undefined : t('why.permission');
  return (
    <div className="fill scroll" data-testid="orders">
      {decide.error && <Fault error={decide.error} />}
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('orders.sample')}</th>
            <th scope="col">{t('orders.tests')}</th>
            <th scope="col">{t('col.state')}</th>
            <th scope="col" className="hide-s">
              {t('orders.made')}
            </th>
            <th scope="col">
              <span className="vh">{t('orders.act')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Rows
            query={list}
            rows={4}
            columns={5}
            isEmpty={(l) => l.transfers.length === 0}
            empty={<Empty>{instrument.download === 'never' ? t('orders.off') : t('orders.empty')}</Empty>}
          >
            {(l) =>
              l.transfers.map((x) => {
                const look = lookOf(x);
                const made = ms(x.made) ?? now;
                const next = ms(x.next);
                return (
                  <tr key={x.id} data-testid="order" data-state={look}>
                    <td className="nowrap">
                      <LabNo value={x.accession} />
                    </td>
                    <td className="small">
                      {x.kind === 'cancel' && <span className="chip">{t('orders.cancel')}</span>}{' '}
                      {x.tests.map((c) => (
                        <span
                          key={c.code}
                          className="mono"
                          title={t(`orders.test.${c.state}`)}
                          style={c.state === 'asked' ? undefined : { textDecoration: 'line-through' }}
                        >
                          {c.code}{' '}
                        </span>
                      ))}
                    </td>
                    <td>
                      <OrderState look={look} />
                      {(x.problem ?? '') !== '' && <div className="small sec">{problemText(x.problem, t)}</div>}
                      {x.state === 'waiting' && x.tries > 0 && next !== null && (
                        <div className="small sec">{t('orders.again', { count: x.tries, at: clock(next) })}</div>
                      )}
                    </td>
                    <td className="sec nowrap hide-s" title={stamp(made, i18n.language)}>
                      {ago(made, now, t)}
                    </td>
                    <td className="right">
                      {(x.state === 'waiting' || x.state === 'refused') && (
                        <span className="row" style={{ justifyContent: 'flex-end' }}>
                          <Button
                            size="small"
                            disabled={off !== undefined || decide.isPending}
                            why={off}
                            onClick={() => decide.mutate({ id: x.id, action: 'retry' })}
                          >
                            {t('orders.retry')}
                          </Button>
                          <Button
                            size="small"
                            look="danger"
                            disabled={off !== undefined || decide.isPending}
                            why={off}
                            onClick={() => decide.mutate({ id: x.id, action: 'drop' })}
                          >
                            {t('orders.drop')}
                          </Button>
                        </span>
                      )}
                    </td>
                  </tr>
                );
              })
            }
          </Rows>
        </tbody>
      </table>
    </div>
  );
}
