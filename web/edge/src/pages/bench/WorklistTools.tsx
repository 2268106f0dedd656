import { useQuery } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import type { Way } from '@jaanch/shared/lab/sheet';
import { Button } from '@jaanch/shared/ui/Button';
import { Segments } from '@jaanch/shared/ui/Segments';
import { IconLayoutList, IconList, IconTable } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { states, useChoose, views, type useFilter } from './filter';

const icons = { sample: IconLayoutList, test: IconList, grid: IconTable };

/** WorklistTools is the row above the list: section, analyzer, what to enter, state, and the three views. */
export function WorklistTools(props: {
  section: string;
  filter: ReturnType<typeof useFilter>;
  counts: S['Counts'] | undefined;
  way: Way;
  onWay: (way: Way) => void;
}) {
  const { t, i18n } = useTranslation();
  const { filter, section, counts } = props;
  const { search, view } = filter;
  const choose = useChoose();
  const sections = useQuery({ queryKey: ['sections'], queryFn: () => must(api.GET('/api/v1/worklist/sections')) });
  const instruments = useQuery({ queryKey: ['instruments'], queryFn: () => must(api.GET('/api/v1/instruments')) });
  const choices = useChoices(filter.narrow, view !== 'sample');
  const name = (c: S['Choice']): string =>
    `${c.code} · ${i18n.language === 'hi' && c.name_local ? c.name_local : c.name}`;
  return (
    <div className="tools">
      <select
        className="input"
        style={{ width: 'auto', maxWidth: 150 }}
        aria-label={t('bench.section')}
        value={section}
        onChange={(e) => choose(e.currentTarget.value)}
      >
        <option value="*">{t('bench.allSections')}</option>
        {sections.data?.sections.map((s) => (
          <option key={s.department} value={s.department}>
            {t(`section.${s.department}`, { defaultValue: s.department })}
          </option>
        ))}
      </select>
      <select
        className="input"
        style={{ width: 'auto', maxWidth: 150 }}
        aria-label={t('bench.analyzer')}
        value={search.instrument ?? ''}
        onChange={(e) => filter.set({ instrument: e.currentTarget.value || undefined })}
      >
        <option value="">{t('bench.allAnalyzers')}</option>
        {instruments.data?.instruments.map((i) => (
          <option key={i.id} value={i.id}>
            {i.name}
          </option>
        ))}
      </select>
      {view !== 'sample' && (
        <select
          className="input"
          style={{ width: 'auto', maxWidth: 190 }}
          aria-label={t('bench.pick')}
          value={search.pick ?? ''}
          onChange={(e) => filter.set({ pick: e.currentTarget.value || undefined })}
          data-testid="pick"
        >
          <option value="">{view === 'grid' ? t('bench.pick') : t('bench.allTests')}</option>
          <optgroup label={t('bench.panels')}>
            {choices.data?.panels.map((c) => (
              <option key={c.code} value={c.code}>
                {name(c)}
              </option>
            ))}
          </optgroup>
          <optgroup label={t('bench.tests')}>
            {choices.data?.tests.map((c) => (
              <option key={c.code} value={c.code}>
                {name(c)}
              </option>
            ))}
          </optgroup>
        </select>
      )}
      <Segments
        label={t('col.state')}
        value={states.find((s) => s === filter.state) ?? null}
        onChange={(state) => filter.set({ state })}
        options={states.map((s) => ({ value: s, label: t(`bench.show.${s}`), count: counts?.[s] }))}
      />
      {search.sample && <Button onClick={() => filter.set({ state: undefined })}>{t('bench.allSamples')}</Button>}
      <span className="grow" />
      {view === 'grid' && search.pick && (
        <Segments
          label={t('bench.enterGoes')}
          value={props.way}
          onChange={props.onWay}
          options={(['down', 'across'] as const).map((w) => ({ value: w, label: t(`bench.way.${w}`) }))}
        />
      )}
      <Segments
        label={t('bench.viewLabel')}
        value={view}
        onChange={(v) => filter.set({ view: v })}
        options={views.map((v) => {
          const Icon = icons[v];
          return { value: v, label: <Icon size={17} stroke={1.75} aria-hidden />, name: t(`bench.view.${v}`) };
        })}
      />
    </div>
  );
}

/** useChoices asks which panels and tests have work, as far as the list is narrowed already. */
export function useChoices(narrow: ReturnType<typeof useFilter>['narrow'], enabled = true) {
  return useQuery({
    queryKey: ['sections', 'choices', narrow],
    queryFn: () => must(api.GET('/api/v1/worklist/choices', { params: { query: narrow } })),
    enabled,
  });
}
