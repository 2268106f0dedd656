import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useTranslation } from 'react-i18next';
import { api } from '../api';

/** LabFilter chooses one lab or all. */
export function LabFilter({ lab, onLab }: { lab: string | undefined; onLab: (lab: string | undefined) => void }) {
  const { t } = useTranslation();
  const labs = useQuery({ queryKey: ['labs'], queryFn: () => must(api.GET('/api/v1/labs')) });
  return (
    <select
      className="input"
      style={{ width: 'auto' }}
      aria-label={t('hub.lab')}
      value={lab ?? ''}
      onChange={(e) => onLab(e.currentTarget.value || undefined)}
    >
      <option value="">{t('hub.allLabs')}</option>
      {labs.data?.labs.map((l) => (
        <option key={l.id} value={l.id}>
          {l.name}
        </option>
      ))}
    </select>
  );
}
