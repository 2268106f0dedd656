import './bench.css';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { useTranslation } from 'react-i18next';
import { InboxList } from './Inbox';

/** UnmatchedPage is the inbox over the whole width: results that arrived safely and have no home yet. */
export function UnmatchedPage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('nav.unmatched'));
  return (
    <div className="scrolls">
      <div className="page" style={{ maxWidth: 760 }}>
        <InboxList />
      </div>
    </div>
  );
}
