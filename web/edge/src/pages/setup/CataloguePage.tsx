import { useMutation, useQuery } from '@tanstack/react-query';
import { must, newKey } from '@jaanch/shared/api/client';
import { inr } from '@jaanch/shared/lab/money';
import { Button } from '@jaanch/shared/ui/Button';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';
import { useCan } from '../../session';

/** CataloguePage shows what the lab measures, with its intervals, limits and prices. */
export function CataloguePage() {
  const { t, i18n } = useTranslation();
  useHeading(t('nav.setup'), t('nav.catalogue'));
  const can = useCan();
  const [find, setFind] = useState('');
  const [department, setDepartment] = useState('');
  const [open, setOpen] = useState<S['Test'] | null>(null);
  const [key] = useState(newKey);
  const list = useQuery({ queryKey: ['catalogue'], queryFn: () => must(api.GET('/api/v1/catalogue')) });
  const load = useMutation({
    mutationFn: () => must(api.POST('/api/v1/catalogue/starter', { params: { header: { 'Idempotency-Key': key } } })),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['catalogue'] }),
  });
  const want = find.trim().toLowerCase();
  const fits = (x: S['Test']): boolean =>
    (department === '' || x.department === department) &&
    (want === '' || `${x.code} ${x.name} ${x.name_local ?? ''} ${x.loinc ?? ''}`.toLowerCase().includes(want));
  const tests = (list.data?.tests ?? []).filter(fits);
  return (
    <div className={open ? 'screen with-inspector' : 'screen'}>
      <div className="pane">
        <div className="tools">
          <input
            className="input"
            style={{ width: 260 }}
            aria-label={t('cat.find')}
            placeholder={t('cat.find')}
            value={find}
            onChange={(e) => setFind(e.currentTarget.value)}
          />
          <select
            className="input"
            style={{ width: 'auto' }}
            aria-label={t('bench.section')}
            value={department}
            onChange={(e) => setDepartment(e.currentTarget.value)}
          >
            <option value="">{t('bench.allSections')}</option>
            {list.data?.departments.map((d) => (
              <option key={d} value={d}>
                {t(`section.${d}`, { defaultValue: d })}
              </option>
            ))}
          </select>
          <span className="grow" />
          <Button
            disabled={!can('loadStarter')}
            why={can('loadStarter') ? undefined : t('why.permission')}
            busy={load.isPending}
            onClick={() => load.mutate()}
          >
            {t('cat.starter')}
          </Button>
        </div>
        {load.error && <Fault error={load.error} />}
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('col.code')}</th>
                <th scope="col">{t('col.test')}</th>
                <th scope="col" className="hide-s">
                  {t('bench.section')}
                </th>
                <th scope="col" className="hide-s">
                  {t('cat.specimen')}
                </th>
                <th scope="col">{t('col.unit')}</th>
                <th scope="col" className="hide-s">
                  {t('cat.loinc')}
                </th>
                <th scope="col" className="right">
                  {t('col.price')}
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                rows={12}
                columns={7}
                isEmpty={() => tests.length === 0}
                empty={
                  <Empty
                    action={find ? <Button onClick={() => setFind('')}>{t('act.clearFilter')}</Button> : undefined}
                  >
                    {t('cat.empty')}
                  </Empty>
                }
              >
                {() =>
                  tests.map((x) => (
                    <tr key={x.id} className="go" aria-selected={open?.id === x.id} onClick={() => setOpen(x)}>
                      <td className="strong">{x.code}</td>
                      <td>{i18n.language === 'hi' && x.name_local ? x.name_local : x.name}</td>
                      <td className="sec hide-s">{t(`section.${x.department}`, { defaultValue: x.department })}</td>
                      <td className="sec hide-s">{x.specimen}</td>
                      <td className="sec">{x.unit_text}</td>
                      <td className="sec num hide-s">{x.loinc}</td>
                      <td className="right num">{inr(x.price)}</td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
        <footer className="foot">
          <span className="grow" />
          <span className="num">{t('cat.count', { tests: tests.length, panels: list.data?.panels.length ?? 0 })}</span>
        </footer>
      </div>
      {open && <TestPane test={open} onClose={() => setOpen(null)} />}
    </div>
  );
}

function TestPane({ test: x, onClose }: { test: S['Test']; onClose: () => void }) {
  const { t } = useTranslation();
  const limits = (rows: S['TestInterval'][], title: string) => (
    <div className="col" style={{ gap: 4 }}>
      <span className="sect">{title}</span>
      {rows.length === 0 && <span className="small sec">{t('cat.noLimits')}</span>}
      <table className="table compact">
        <tbody>
          {rows.map((r, i) => (
            <tr key={r.id ?? i}>
              <td className="sec">{t(`sexLong.${r.sex}`)}</td>
              <td className="sec num">
                {t('cat.ages', { from: days(r.age_from_days, t), to: days(r.age_to_days, t) })}
              </td>
              <td className="right num med">{r.text || [r.low, r.high].map((v) => v ?? '').join(' – ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
  return (
    <aside className="pane inspector" aria-label={x.name}>
      <div className="insp-head">
        <div className="row">
          <h2>{x.name}</h2>
          <span className="grow" />
          <Button
            look="plain"
            size="small"
            aria-label={t('act.close')}
            icon={<IconX size={16} aria-hidden />}
            onClick={onClose}
          />
        </div>
        <div className="sec small">{x.name_local}</div>
      </div>
      <div className="insp-body fill scroll">
        <dl className="pairs">
          <dt>{t('col.code')}</dt>
          <dd className="strong">{x.code}</dd>
          <dt>{t('cat.kind')}</dt>
          <dd>{t(`cat.kinds.${x.kind}`)}</dd>
          {x.formula && <dt>{t('cat.formula')}</dt>}
          {x.formula && <dd className="mono">{x.formula}</dd>}
          <dt>{t('cat.specimen')}</dt>
          <dd>{`${x.specimen} · ${x.container}`}</dd>
          <dt>{t('cat.method')}</dt>
          <dd>{x.method ?? '–'}</dd>
          <dt>{t('col.price')}</dt>
          <dd className="num">{inr(x.price)}</dd>
        </dl>
        {limits(x.intervals, t('col.interval'))}
        {limits(x.critical, t('cat.critical'))}
      </div>
    </aside>
  );
}

function days(n: number, t: ReturnType<typeof useTranslation>['t']): string {
  if (n >= 36500) return '∞';
  if (n < 31) return t('age.days', { n });
  return n < 730 ? t('age.months', { n: Math.round(n / 30.44) }) : t('age.years', { n: Math.round(n / 365.25) });
}
