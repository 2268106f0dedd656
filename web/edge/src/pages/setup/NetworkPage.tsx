import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { problemOf } from '@jaanch/shared/api/problem';
import { day, ms } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Qr } from '@jaanch/shared/ui/Codes';
import { Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Fault } from '@jaanch/shared/ui/Notice';
import { IconDownload } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { useSync } from '../../frame/SyncPill';
import { queries } from '../../queries';
import { bytes } from '../sync/SyncPage';

/** NetworkPage says how other PCs, phones and analyzers reach this one, and joins a hub. */
export function NetworkPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('nav.network'));
  const net = useQuery({ queryKey: ['network'], queryFn: () => must(api.GET('/api/v1/setup/network')) });
  if (!net.data)
    return <div className="page">{net.error && <Fault error={net.error} onRetry={() => void net.refetch()} />}</div>;
  return (
    <div className="scrolls">
      <div
        className="page"
        style={{
          display: 'grid',
          gap: 16,
          gridTemplateColumns: 'repeat(auto-fit, minmax(min(400px, 100%), 1fr))',
          alignItems: 'start',
        }}
      >
        <Addresses net={net.data} />
        <Certificate net={net.data} />
        <JoinHub />
        <Disk net={net.data} />
      </div>
    </div>
  );
}

function Addresses({ net }: { net: S['Network'] }) {
  const { t } = useTranslation();
  const first = net.urls.find((u) => u.startsWith('https')) ?? net.urls[0];
  return (
    <section className="panel">
      <header>
        <h2>{t('net.addresses')}</h2>
      </header>
      <div className="body row top" style={{ gap: 16 }}>
        {first && <Qr text={first} size={132} label={t('net.qrUrl')} />}
        <div className="col grow small">
          <p>{t('net.addressesText')}</p>
          {net.urls.map((u) => (
            <span key={u} className="mono strong">
              {u}
            </span>
          ))}
          <span className="sec">{t('net.hl7', { address: net.hl7 })}</span>
          <span className="sec">{t('net.astm', { address: net.astm })}</span>
        </div>
      </div>
    </section>
  );
}

function Certificate({ net }: { net: S['Network'] }) {
  const { t, i18n } = useTranslation();
  const file = useMemo(
    () => URL.createObjectURL(new Blob([net.ca_pem], { type: 'application/x-pem-file' })),
    [net.ca_pem],
  );
  return (
    <section className="panel">
      <header>
        <h2>{t('net.ca')}</h2>
      </header>
      <div className="body col">
        <p className="small">{t('net.caText')}</p>
        <span className="sec small">{t('net.fingerprint')}</span>
        <code className="mono small" style={{ overflowWrap: 'anywhere' }}>
          {net.ca_fingerprint}
        </code>
        <span className="sec small">
          {t('net.until', { date: day(ms(net.certificate_until) ?? 0, i18n.language) })}
        </span>
        <div className="row">
          <a className="btn" href={file} download="jaanch-ca.pem">
            <IconDownload size={15} aria-hidden />
            {t('net.download')}
          </a>
        </div>
      </div>
    </section>
  );
}

/** JoinHub joins a hub by the short code that its administrator gave. The key of this node is made here and never leaves. */
function JoinHub() {
  const { t } = useTranslation();
  const sync = useSync();
  const [hub, setHub] = useState('');
  const [code, setCode] = useState('');
  const [key, setKey] = useState(newKey);
  const join = useMutation({
    mutationFn: () =>
      must(
        api.POST('/api/v1/sync/enrol', {
          params: { header: { 'Idempotency-Key': key } },
          body: { hub: hub.trim(), code: code.replace(/[\s-]/g, '').toUpperCase() },
        }),
      ),
    onSuccess: (s) => queries.setQueryData(['sync'], s),
    onError: (err) => {
      if (problemOf(err).status >= 400) setKey(newKey());
    },
  });
  const joined = sync.data && sync.data.state !== 'alone';
  return (
    <section className="panel">
      <header>
        <h2>{t('net.hub')}</h2>
      </header>
      <div className="body col wide">
        {joined ? (
          <p>{t('net.joined', { hub: sync.data?.hub ?? '' })}</p>
        ) : (
          <>
            <p className="small">{t('net.hubText')}</p>
            <Text label={t('net.hubUrl')} value={hub} onChange={setHub} inputMode="url" />
            <Text
              label={t('net.code')}
              hint={t('net.codeHint')}
              value={code}
              onChange={setCode}
              autoCapitalize="characters"
            />
            {join.error && <Fault error={join.error} />}
            <div className="row">
              <Button
                look="primary"
                disabled={!/^https?:\/\//.test(hub.trim()) || code.replace(/[\s-]/g, '').length < 13}
                busy={join.isPending}
                onClick={() => join.mutate()}
              >
                {t('net.join')}
              </Button>
            </div>
          </>
        )}
      </div>
    </section>
  );
}

function Disk({ net }: { net: S['Network'] }) {
  const { t } = useTranslation();
  return (
    <section className="panel">
      <header>
        <h2>{t('net.disk')}</h2>
      </header>
      <dl className="pairs body" style={{ gridTemplateColumns: '120px minmax(0, 1fr)' }}>
        <dt>{t('net.dir')}</dt>
        <dd className="mono">{net.data_dir}</dd>
        <dt>{t('net.size')}</dt>
        <dd className="num">{bytes(net.data_bytes)}</dd>
        <dt>{t('net.free')}</dt>
        <dd className="num">{bytes(net.disk_free)}</dd>
      </dl>
    </section>
  );
}
