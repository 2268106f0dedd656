import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Keys } from './Keys';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: 'default' | 'primary' | 'critical' | 'danger' | 'plain';
  size?: 'normal' | 'small' | 'touch' | 'big';
  icon?: ReactNode;
  keys?: string; // shown on the button; the screen registers it with useKeys
  busy?: boolean;
  why?: string | undefined; // the reason while it is off: an action is never hidden, it says why it waits
}

/** Button is the one button of both apps. While busy it keeps its width and cannot be pressed twice. */
export function Button({
  look = 'default',
  size = 'normal',
  icon,
  keys,
  busy,
  why,
  children,
  className,
  ...rest
}: ButtonProps) {
  const classes = ['btn', look === 'default' ? '' : look, size === 'normal' ? '' : size, className ?? ''];
  const lone = !children && icon;
  return (
    <button
      type="button"
      {...rest}
      className={[...classes, lone ? 'icon' : ''].filter(Boolean).join(' ')}
      disabled={rest.disabled === true || busy === true}
      aria-busy={busy === true || undefined}
      title={rest.title ?? why}
    >
      {icon}
      {children}
      {keys && <Keys keys={keys} />}
    </button>
  );
}
