import { useNavigate } from '@tanstack/react-router';
import { Button } from '@jaanch/shared/ui/Button';
import { IconHistory } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useCan } from '../../session';

/** HistoryLink leads from a record to what happened to it; it stays visible for those who may not read it, and says so. */
export function HistoryLink(props: {
  entity: 'patient' | 'visit' | 'sample' | 'order_test' | 'report';
  id: string;
  small?: boolean;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const can = useCan()('recordHistory');
  return (
    <Button
      {...(props.small ? { size: 'small' as const, look: 'plain' as const, 'aria-label': t('history.open') } : {})}
      icon={<IconHistory size={15} stroke={1.75} aria-hidden />}
      disabled={!can}
      why={can ? undefined : t('why.permission')}
      onClick={() => void navigate({ to: '/history/$entity/$id', params: { entity: props.entity, id: props.id } })}
      data-testid={`history-${props.entity}`}
    >
      {props.small ? undefined : t('history.open')}
    </Button>
  );
}
