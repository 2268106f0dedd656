import { useMutation, useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useNow } from '@jaanch/shared/hooks/now';
import { ago, ms, span, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault, Notice } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';
import { syncWords, useSync } from '../../frame/SyncPill';
import { queries } from '../../queries';
import { useCan } from '../../session';

/** SyncPage says in plain words what was sent, what waits and what happens next. Offline is never an error to the lab. */
export function SyncPage() {
  const { t, i18n } = useTranslation();
  useHeading(t('nav.sync'));
  const can = useCan();
  const now = useNow(5000);
  const sync = useSync();
  const log = useQuery({
    queryKey: ['synclog'],
    queryFn: () => must(api.GET('/api/v1/sync/log')),
    refetchInterval: 15_000,
  });
  const act = useMutation({
    mutationFn: (what: 'now' | 'pause' | 'resume' | 'confirm') =>
      what === 'now'
        ? must(api.POST('/api/v1/sync/now'))
        : what === 'pause'
          ? must(api.POST('/api/v1/sync/pause'))
          : what === 'resume'
            ? must(api.POST('/api/v1/sync/resume'))
            : must(api.POST('/api/v1/sync/confirm')),
    onSuccess: (s) => queries.setQueryData(['sync'], s),
    onSettled: () => void queries.invalidateQueries({ queryKey: ['synclog'] }),
  });
  const s = sync.data;
  if (!s)
    return <div className="page">{sync.error && <Fault error={sync.error} onRetry={() => void sync.refetch()} />}</div>;
  const words = syncWords(s, now, t);
  const last = ms(s.last_ok);
  const next = ms(s.next_try);
  const off = can('changeLab') ? undefined : t('why.permission');
  return (
    <div className="scrolls">
      <div className="page col wide" style={{ maxWidth: 980 }}>
        <section className="panel">
          <header>
            <h2>{words.text}</h2>
            <span className="sec">{words.more}</span>
            <span className="grow" />
            {s.state !== 'alone' && (
              <>
                <Button
                  disabled={off !== undefined}
                  why={off}
                  busy={act.isPending}
                  onClick={() => act.mutate(s.state === 'paused' ? 'resume' : 'pause')}
                >
                  {s.state === 'paused' ? t('sync.resume') : t('sync.pause')}
                </Button>
                <Button look="primary" busy={act.isPending} onClick={() => act.mutate('now')} data-testid="sync-now">
                  {t('sync.now')}
                </Button>
              </>
            )}
          </header>
          <div className="body col wide">
            {s.state === 'alone' && (
              <Notice tone="accent" title={t('sync.aloneTitle')}>
                {t('sync.aloneText')}
              </Notice>
            )}
            {s.state === 'offline' && (
              <Notice tone="accent" title={t('sync.offlineTitle')}>
                {t('sync.offlineText')}
              </Notice>
            )}
            {s.reason === 'hub_certificate' && <Notice tone="high">{t('sync.why.hub_certificate')}</Notice>}
            {s.state === 'blocked' && (
              <Notice tone="high" title={t('sync.blockedTitle')}>
                <p data-testid="sync-reason">{t(`sync.why.${s.reason}`, { defaultValue: s.reason })}</p>
                {s.reason === 'device_forked' && (
                  <Button
                    look="danger"
                    disabled={off !== undefined}
                    why={off}
                    busy={act.isPending}
                    onClick={() => act.mutate('confirm')}
                    data-testid="sync-confirm"
                  >
                    {t('sync.confirm')}
                  </Button>
                )}
              </Notice>
            )}
            {act.error && <Fault error={act.error} />}
            <dl className="pairs" style={{ gridTemplateColumns: '180px minmax(0, 1fr)', rowGap: 8, fontSize: 13 }}>
              <dt>{t('sync.pending')}</dt>
              <dd className="strong num" data-testid="pending">
                {s.pending}
              </dd>
              <dt>{t('sync.oldest')}</dt>
              <dd>{s.pending > 0 ? span(s.oldest_age_s * 1000, t) : '–'}</dd>
              <dt>{t('sync.last')}</dt>
              <dd title={last === null ? '' : stamp(last, i18n.language)}>
                {last === null ? t('sync.never') : ago(last, now, t)}
              </dd>
              <dt>{t('sync.next')}</dt>
              <dd>{next !== null && next > now ? t('when.in', { span: span(next - now, t) }) : '–'}</dd>
              <dt>{t('sync.hub')}</dt>
              <dd>{s.hub ?? '–'}</dd>
              <dt>{t('sync.traffic')}</dt>
              <dd className="num">
                {t('sync.bytes', { sent: bytes(s.bytes_sent_today), got: bytes(s.bytes_received_today) })}
              </dd>
              <dt>{t('sync.skew')}</dt>
              <dd className="num">{t('sync.skewMs', { ms: s.skew_ms })}</dd>
              <dt>{t('sync.conflicts')}</dt>
              <dd className="num">{s.conflicts}</dd>
            </dl>
          </div>
        </section>
        <section className="panel">
          <header>
            <h2>{t('sync.log')}</h2>
          </header>
          <div className="scroll">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t('col.time')}</th>
                  <th scope="col">{t('sync.what')}</th>
                  <th scope="col" className="right">
                    {t('sync.changes')}
                  </th>
                  <th scope="col" className="right">
                    {t('sync.size')}
                  </th>
                  <th scope="col" className="right">
                    {t('sync.took')}
                  </th>
                  <th scope="col">{t('sync.problem')}</th>
                </tr>
              </thead>
              <tbody>
                <Rows
                  query={log}
                  columns={6}
                  isEmpty={(l) => l.lines.length === 0}
                  empty={<Empty>{t('sync.noLog')}</Empty>}
                >
                  {(l) =>
                    l.lines.map((x, i) => (
                      <tr key={`${x.at}-${i}`}>
                        <td title={stamp(ms(x.at) ?? 0, i18n.language)}>{ago(ms(x.at) ?? now, now, t)}</td>
                        <td>{t(`sync.kind.${x.kind}`, { defaultValue: x.kind })}</td>
                        <td className="right num">{x.changes}</td>
                        <td className="right num">{bytes(x.bytes)}</td>
                        <td className="right num">{t('sync.ms', { n: x.ms })}</td>
                        <td className="sec">{x.problem}</td>
                      </tr>
                    ))
                  }
                </Rows>
              </tbody>
            </table>
          </div>
        </section>
      </div>
    </div>
  );
}

/** bytes writes a size for people. */
export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  if (n < 1024 * 1024) return `${(n / 1024).toFixed(1)} KiB`;
  if (n < 1024 ** 3) return `${(n / 1024 ** 2).toFixed(1)} MiB`;
  return `${(n / 1024 ** 3).toFixed(1)} GiB`;
}
