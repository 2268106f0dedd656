import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useAllKeys } from '../hooks/keys';
import { Keys } from './Keys';

/** KeysSheet lists the keys of the screen that is shown; it is made from what the screen registered, so it cannot lie. */
export function KeysSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const all = useAllKeys();
  const rows = opened ? all() : [];
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('frame.keys')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <dl className="keysheet">
        {rows.map((r) => (
          <div key={r.keys + r.label} style={{ display: 'contents' }}>
            <dt>
              <Keys keys={r.keys} />
            </dt>
            <dd>{r.label}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
