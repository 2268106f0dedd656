import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../api/problem';
import { Button } from './Button';

/** StaleField is one value that two people changed at once. */
export interface StaleField {
  label: string;
  yours: string;
  theirs: string;
}

/** isStale tells whether a save was refused because somebody else saved first. */
export function isStale(error: unknown): boolean {
  return problemOf(error).code === 'stale_record';
}

/** Stale shows both values when somebody else saved first. Nothing is decided for the person, and nothing typed is lost. */
export function Stale(props: {
  opened: boolean;
  who?: string | undefined;
  fields: StaleField[];
  onTheirs: () => void;
  onYours?: (() => void) | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={t('stale.title')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <div className="col wide" data-testid="stale">
        <p>{props.who ? t('stale.by', { who: props.who }) : t('stale.text')}</p>
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('stale.field')}</th>
              <th scope="col">{t('stale.yours')}</th>
              <th scope="col">{t('stale.theirs')}</th>
            </tr>
          </thead>
          <tbody>
            {props.fields.map((f) => (
              <tr key={f.label}>
                <td className="med">{f.label}</td>
                <td>{f.yours || t('stale.none')}</td>
                <td className="strong">{f.theirs || t('stale.none')}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          {props.onYours && <Button onClick={props.onYours}>{t('stale.keepYours')}</Button>}
          <Button look="primary" onClick={props.onTheirs} data-autofocus>
            {t('stale.takeTheirs')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
