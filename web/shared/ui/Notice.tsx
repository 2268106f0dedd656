import { IconAlertTriangle, IconCircleX, IconHandStop, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemOf, sentence } from '../api/problem';
import { Button } from './Button';

const icons = {
  high: IconCircleX,
  delta: IconAlertTriangle,
  critical: IconAlertTriangle,
  held: IconHandStop,
  accent: IconInfoCircle,
};

/** Notice says one thing at the place it concerns: what happened and what to do. */
export function Notice(props: {
  tone: keyof typeof icons;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  side?: boolean;
}) {
  const Icon = icons[props.tone];
  return (
    <div className={`notice ${props.tone}`} role={props.tone === 'high' ? 'alert' : undefined}>
      <Icon size={18} stroke={1.75} aria-hidden />
      <div className="grow col" style={{ gap: 4 }}>
        {props.title && <div className="title">{props.title}</div>}
        {props.children && <div>{props.children}</div>}
        {props.action && !props.side && <div className="row">{props.action}</div>}
      </div>
      {props.action && props.side && <div className="beside">{props.action}</div>}
    </div>
  );
}

/** Fault shows anything thrown: the sentence of its code, and a way to try again. */
export function Fault({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const p = problemOf(error);
  return (
    <Notice tone="high" title={sentence(p, t)} action={onRetry && <Button onClick={onRetry}>{t('act.retry')}</Button>}>
      {p.hint ?? t(`problemHint.${p.code}`, { defaultValue: '' })}
    </Notice>
  );
}

/** Empty says why a list is empty and offers the next step. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  );
}
