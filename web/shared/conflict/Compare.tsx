import { useTranslation } from 'react-i18next';
import { Keys } from '../ui/Keys';
import { allowed, outcome, WHOLE, type Chosen } from './choice';
import type { Contended, Dispute } from './types';
import { fieldName, person, place, shown, when } from './words';

/** Compare sets the values side by side, field by field: before, each side, and what will be saved. */
export function Compare(props: {
  dispute: Dispute;
  chosen: Chosen;
  active: string;
  off: boolean;
  onPick: (field: string, side: number) => void;
  onType: (field: string, value: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const { dispute: d, chosen } = props;
  const whole = d.whole || d.keep_only;
  const open = d.state === 'open';
  return (
    <table className="compare" data-testid="compare">
      <thead>
        <tr>
          <th scope="col">{t('stale.field')}</th>
          <th scope="col">{t('conflict.before')}</th>
          {d.sides.map((s, i) => (
            <th scope="col" key={i}>
              <span className="who">{person(s.by, t)}</span>
              <span className="sec">{place(s.place, t)}</span>
              <span className="sec">{when(s.at, i18n.language)}</span>
              <span className="sec">
                {s.signed ? t('conflict.isSigned') : i === 0 ? t('conflict.standsNow') : t('conflict.waits')}
              </span>
            </th>
          ))}
          {open && (
            <th scope="col" className="after">
              <span className="who">{t('conflict.willBe')}</span>
              <span className="sec">{t('conflict.everywhere')}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {whole && open && (
          <tr className="on">
            <th scope="row">{t('conflict.takeWhole')}</th>
            <td />
            {d.sides.map((s, i) => (
              <td key={i} data-label={person(s.by, t)}>
                <button
                  type="button"
                  role="radio"
                  className="side"
                  aria-checked={chosen[WHOLE]?.side === i}
                  disabled={props.off || !allowed(d, i)}
                  title={allowed(d, i) ? undefined : t(d.keep_only ? 'conflict.signedKeep' : 'conflict.signedOther')}
                  onClick={() => props.onPick(WHOLE, i)}
                  data-testid={`take-${i}`}
                >
                  {i === 0 ? t('conflict.keepThis') : t('conflict.takeThis')}
                  <Keys keys={String(i + 1)} />
                </button>
              </td>
            ))}
            <td className="after" />
          </tr>
        )}
        {d.rows.map((row) => (
          <Line key={row.field} {...props} row={row} whole={whole} open={open} />
        ))}
      </tbody>
    </table>
  );
}

function Line(props: {
  dispute: Dispute;
  chosen: Chosen;
  active: string;
  off: boolean;
  onPick: (field: string, side: number) => void;
  onType: (field: string, value: string) => void;
  row: Contended;
  whole: boolean;
  open: boolean;
}) {
  const { t, i18n } = useTranslation();
  const { dispute: d, row, chosen, open } = props;
  const pick = chosen[row.field];
  const name = fieldName(row.field, t);
  const choosing = row.disputed && open && !props.whole;
  const after = outcome(d, row, chosen);
  const classes = [row.disputed ? '' : 'calm', props.active === row.field ? 'on' : ''].filter(Boolean).join(' ');
  return (
    <tr className={classes || undefined} data-testid={`row-${row.field}`}>
      <th scope="row">{name}</th>
      <td className="sec" data-label={t('conflict.before')}>
        {shown(row.field, row.was, i18n.language, t)}
      </td>
      {row.cells.map((c, i) => (
        <td key={i} data-label={person(d.sides[i]?.by ?? '', t)}>
          {choosing && (c.touched || i === 0) ? (
            <button
              type="button"
              role="radio"
              className="side"
              aria-checked={pick?.side === i}
              aria-label={`${name}: ${shown(row.field, c.text, i18n.language, t)}`}
              disabled={props.off}
              onClick={() => props.onPick(row.field, i)}
              data-testid={`pick-${row.field}-${i}`}
            >
              {shown(row.field, c.text, i18n.language, t)}
              <Keys keys={String(i + 1)} />
            </button>
          ) : c.touched || i === 0 ? (
            <span className={row.disputed ? 'strong' : ''}>{shown(row.field, c.text, i18n.language, t)}</span>
          ) : (
            <span className="sec">{t('conflict.untouched')}</span>
          )}
        </td>
      ))}
      {open && (
        <td className={after === null ? 'after wait' : 'after strong'} data-label={t('conflict.willBe')}>
          {choosing && row.typed && pick?.side === -1 ? (
            <input
              className="input typed"
              aria-label={t('conflict.typeFor', { field: name })}
              value={pick.value}
              autoFocus
              onChange={(e) => props.onType(row.field, e.currentTarget.value)}
              data-testid={`type-${row.field}`}
            />
          ) : after === null ? (
            t('conflict.choose')
          ) : (
            shown(row.field, after, i18n.language, t)
          )}
        </td>
      )}
    </tr>
  );
}
