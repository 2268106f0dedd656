import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { must } from '@jaanch/shared/api/client';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { Empty } from '@jaanch/shared/ui/Notice';
import { Rows } from '@jaanch/shared/ui/Rows';
import { Segments } from '@jaanch/shared/ui/Segments';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api';

/** ProfilesPage lists what the node knows about analyzers' dialects: those of the program and the lab's own. */
export function ProfilesPage() {
  const { t } = useTranslation();
  useHeading(t('nav.setup'), t('nav.profiles'));
  const navigate = useNavigate();
  const [only, setOnly] = useState<'all' | 'own' | 'used'>('all');
  const list = useQuery({ queryKey: ['dialects'], queryFn: () => must(api.GET('/api/v1/dialects')) });
  const all = list.data?.profiles ?? [];
  const shown = all.filter((p) => only === 'all' || (only === 'own' ? p.own : p.used > 0));
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools">
          <Segments
            label={t('profiles.show')}
            value={only}
            onChange={setOnly}
            options={[
              { value: 'all', label: t('act.all'), count: all.length },
              { value: 'used', label: t('profiles.used'), count: all.filter((p) => p.used > 0).length },
              { value: 'own', label: t('profiles.own'), count: all.filter((p) => p.own).length },
            ]}
          />
        </div>
        <div className="fill scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('profiles.title')}</th>
                <th scope="col" className="hide-s">
                  {t('profiles.models')}
                </th>
                <th scope="col">{t('profiles.protocol')}</th>
                <th scope="col" className="hide-s">
                  {t('instr.query')}
                </th>
                <th scope="col" className="right hide-s">
                  {t('instr.codes')}
                </th>
                <th scope="col" className="right">
                  {t('profiles.usedBy')}
                </th>
              </tr>
            </thead>
            <tbody>
              <Rows
                query={list}
                rows={10}
                columns={6}
                isEmpty={() => shown.length === 0}
                empty={<Empty>{t('profiles.none')}</Empty>}
              >
                {() =>
                  shown.map((p) => (
                    <tr
                      key={p.name}
                      className="go"
                      data-testid="profile"
                      tabIndex={0}
                      onClick={() => void navigate({ to: '/setup/profiles/$name', params: { name: p.name } })}
                      onKeyDown={(e) =>
                        e.key === 'Enter' && void navigate({ to: '/setup/profiles/$name', params: { name: p.name } })
                      }
                    >
                      <td>
                        <span className="strong">{p.title}</span>
                        {p.own && (
                          <span className="chip accent">{t('profiles.ownVersion', { version: p.version })}</span>
                        )}
                      </td>
                      <td className="sec small hide-s">{p.models}</td>
                      <td className="sec">{p.protocol.toUpperCase()}</td>
                      <td className="sec hide-s">{p.host_query ? t('act.yes') : t('act.no')}</td>
                      <td className="right num sec hide-s">{p.codes}</td>
                      <td className="right num">{p.used || '–'}</td>
                    </tr>
                  ))
                }
              </Rows>
            </tbody>
          </table>
        </div>
      </div>
    </div>
  );
}
