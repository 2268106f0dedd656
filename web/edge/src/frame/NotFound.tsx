import { Link } from '@tanstack/react-router';
import { Empty } from '@jaanch/shared/ui/Notice';
import { useTranslation } from 'react-i18next';

/** NotFound says that an address leads nowhere, and where to go on. */
export function NotFound() {
  const { t } = useTranslation();
  return <Empty action={<Link to="/">{t('notFound.home')}</Link>}>{t('notFound.text')}</Empty>;
}
