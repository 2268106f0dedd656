import './history.css';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { inr } from '@jaanch/shared/lab/money';
import { ms, stamp } from '@jaanch/shared/lab/when';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { SkeletonRows } from '@jaanch/shared/ui/Rows';
import { IconArrowLeft, IconPrinter } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { useCan } from '../../session';

type T = ReturnType<typeof useTranslation>['t'];

/** HistoryPage tells what happened to a record: who, when, what was done, why, and each field before and after. */
export function HistoryPage() {
  const { t } = useTranslation();
  const { entity, id } = useParams({ from: '/history/$entity/$id' });
  const can = useCan();
  const navigate = useNavigate();
  const trail = useQuery({
    queryKey: ['history', entity, id],
    queryFn: () => must(api.GET('/api/v1/records/{entity}/{id}/history', { params: { path: { entity, id } } })),
    enabled: can('recordHistory'),
  });
  useHeading(
    t('history.title'),
    [t(`entity.${entity}`, { defaultValue: '' }), trail.data?.of].filter(Boolean).join(' '),
  );
  if (!can('recordHistory')) return <Empty>{t('why.permission')}</Empty>;
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools noprint">
          <Button
            icon={<IconArrowLeft size={15} stroke={1.75} aria-hidden />}
            onClick={() => (window.history.length > 1 ? window.history.back() : void navigate({ to: '/' }))}
          >
            {t('act.back')}
          </Button>
          <span className="sec small">{t('history.text')}</span>
          <span className="grow" />
          <Button icon={<IconPrinter size={15} stroke={1.75} aria-hidden />} onClick={() => window.print()}>
            {t('act.print')}
          </Button>
        </div>
        <div className="fill scroll" data-testid="history">
          {trail.error && (
            <div className="page">
              <Fault error={trail.error} onRetry={() => void trail.refetch()} />
            </div>
          )}
          {trail.data?.changes.length === 0 && <Empty>{t('history.empty')}</Empty>}
          <ol className="trail">
            {!trail.data && !trail.error && (
              <li>
                <table className="table">
                  <tbody>
                    <SkeletonRows rows={8} columns={3} />
                  </tbody>
                </table>
              </li>
            )}
            {trail.data?.changes.map((c) => (
              <Entry key={c.seq} change={c} />
            ))}
          </ol>
        </div>
        <footer className="foot noprint">
          <span className="grow" />
          <span className="num nowrap">{trail.data && t('history.count', { count: trail.data.changes.length })}</span>
        </footer>
      </div>
    </div>
  );
}

/** Entry is one change, as the journal has it: it cannot be edited and it bears its number. */
function Entry({ change: c }: { change: S['Change'] }) {
  const { t, i18n } = useTranslation();
  const at = ms(c.at) ?? 0;
  const first = c.op === 'insert';
  return (
    <li data-testid="change" data-op={c.op} data-entity={c.entity}>
      <div className="row wrap when">
        <span className="num strong">{stamp(at, i18n.language)}</span>
        <span className="strong">{byWhom(c.by, t)}</span>
        <span className="grow" />
        <span className="dim num small">{t('history.seq', { n: c.seq })}</span>
      </div>
      <div className="row wrap">
        <span className="med">{t(`did.${c.reason}`, { defaultValue: c.reason })}</span>
        <span className="sec">
          {[t(`entity.${c.entity}`, { defaultValue: c.entity }), c.of].filter(Boolean).join(' · ')}
        </span>
        {c.op === 'applied' && <span className="chip">{t('history.fromHub')}</span>}
        {c.erased && <span className="chip">{t('history.erased')}</span>}
      </div>
      {c.said && <p className="said">{t('history.why', { reason: c.said })}</p>}
      {c.fields.length > 0 && (
        <table className="table compact fields">
          <thead className="vh">
            <tr>
              <th scope="col">{t('history.field')}</th>
              <th scope="col">{t('history.before')}</th>
              <th scope="col">{t('history.after')}</th>
            </tr>
          </thead>
          <tbody>
            {c.fields
              .filter((f) => !(first && f.kind === 'hash'))
              .map((f) => (
                <tr key={f.field} data-field={f.field}>
                  <th scope="row">{t(`field.${f.field}`, { defaultValue: f.field })}</th>
                  <td className="was">{first ? '' : written(f.old, f, t, i18n.language)}</td>
                  <td className="is">{written(f.new, f, t, i18n.language) || t('history.nothing')}</td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
    </li>
  );
}

function byWhom(by: string, t: T): string {
  if (by === 'system' || by.startsWith('system:')) return t('history.system');
  if (by.startsWith('instrument:')) return t('history.analyzer');
  if (by.startsWith('hub:')) return t('history.hub');
  return by;
}

/** codeWords are the words of a field whose values are codes; any other value stands as it is. */
function codeWords(field: string, value: string, t: T): string {
  switch (field) {
    case 'state':
      return t(`state.${value}`, { defaultValue: value });
    case 'sex':
      return t(`sexLong.${value}`, { defaultValue: value });
    case 'priority':
      return t(`priority.${value}`, { defaultValue: value });
    case 'mode':
      return t(`pay.${value}`, { defaultValue: value });
    case 'reject_reason':
      return t(`reject.${value}`, { defaultValue: value });
    case 'source':
      return t(`sourceKind.${value}`, { defaultValue: value });
    case 'outcome':
      return t(`outcome.${value}`, { defaultValue: value });
    default:
      return value;
  }
}

/** written is one value as people write it. */
export function written(value: string, f: S['FieldChange'], t: T, lang: string): string {
  if (value === '') return '';
  switch (f.kind) {
    case 'time':
      return stamp(ms(value) ?? 0, lang);
    case 'money':
      return inr(Number(value));
    case 'yes':
      return value === '1' ? t('history.yes') : t('history.no');
    default:
      return codeWords(f.field, value, t);
  }
}
