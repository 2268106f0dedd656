import { inr } from '@jaanch/shared/lab/money';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { Qr } from '@jaanch/shared/ui/Codes';
import { IconAlertTriangle, IconCheck, IconClock, IconCopy, IconLink } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { S } from '../../api';

const looks = {
  making: { icon: IconClock, tone: 'tone-calm' },
  open: { icon: IconLink, tone: 'tone-accent' },
  paid: { icon: IconCheck, tone: 'tone-released' },
  failed: { icon: IconAlertTriangle, tone: 'tone-critical' },
};

/** PayLinks shows the payment pages of a bill: an open one as QR and address for the counter, the others as one line. */
export function PayLinks({ links }: { links: S['PayLink'][] }) {
  return links.map((l) => <PayLink key={l.id} link={l} />);
}

function PayLink({ link }: { link: S['PayLink'] }) {
  const { t, i18n } = useTranslation();
  const look = looks[link.state];
  const Icon = look.icon;
  return (
    <div className="panel col" style={{ padding: 12 }} data-testid="pay-link" data-state={link.state}>
      <div className="row between wrap">
        <span className={`state ${look.tone}`}>
          <Icon size={14} stroke={1.75} aria-hidden />
          <span>{t(`paylink.${link.state}`, { amount: inr(link.amount) })}</span>
        </span>
        {link.state !== 'making' && <span className="sec small num">{stamp(ms(link.at) ?? 0, i18n.language)}</span>}
      </div>
      {link.state === 'open' && link.url && <Counter url={link.url} />}
      {link.state === 'failed' && (
        <p className="small sec">
          {t('paylink.failedText')} <span className="mono">{link.code}</span>
        </p>
      )}
    </div>
  );
}

/** Counter is what the desk holds out: the QR for the person's phone, the address to copy into a chat. */
function Counter({ url }: { url: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const copy = async (): Promise<void> => {
    field.current?.select(); // where the browser keeps the clipboard to itself, Ctrl+C takes what is marked
    const board = navigator.clipboard as Clipboard | undefined;
    setCopied(
      (await board?.writeText(url).then(
        () => true,
        () => false,
      )) ?? false,
    );
  };
  return (
    <div className="row top wrap" style={{ gap: 12 }}>
      <Qr text={url} size={132} label={t('paylink.qr')} />
      <div className="col grow small" style={{ minWidth: 200 }}>
        <span>{t('paylink.scan')}</span>
        <input
          ref={field}
          className="input mono"
          readOnly
          value={url}
          aria-label={t('paylink.address')}
          onFocus={(e) => e.currentTarget.select()}
          data-testid="pay-url"
        />
        <div className="row" aria-live="polite">
          <Button size="small" icon={<IconCopy size={14} aria-hidden />} onClick={() => void copy()}>
            {t(copied ? 'paylink.copied' : 'paylink.copy')}
          </Button>
        </div>
      </div>
    </div>
  );
}
