import { useMutation } from '@tanstack/react-query';
import { must } from '@jaanch/shared/api/client';
import { useScan } from '@jaanch/shared/hooks/scan';
import { isLabNo } from '@jaanch/shared/lab/labno';
import { Button } from '@jaanch/shared/ui/Button';
import { Text } from '@jaanch/shared/ui/Field';
import { useHeading } from '@jaanch/shared/ui/Frame';
import { LabNo } from '@jaanch/shared/ui/LabNo';
import { Empty, Fault } from '@jaanch/shared/ui/Notice';
import { IconAlertCircle, IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, type S } from '../../api';
import { queries } from '../../queries';

type Line = { accession: string; sample?: S['Sample']; problem?: S['ScanProblem'] };

/** ReceivePage takes tubes in at the bench: scan one after another, each answered at once. */
export function ReceivePage() {
  const { t } = useTranslation();
  useHeading(t('nav.bench'), t('nav.receive'));
  const [text, setText] = useState('');
  const [lines, setLines] = useState<Line[]>([]);
  const receive = useMutation({
    mutationFn: (accession: string) => must(api.POST('/api/v1/samples/receive', { body: { accessions: [accession] } })),
    onSuccess: (got) => {
      const next: Line[] = [
        ...got.samples.map((sample) => ({ accession: sample.accession, sample })),
        ...got.problems.map((problem) => ({ accession: problem.accession, problem })),
      ];
      setLines((l) => [...next, ...l].slice(0, 200));
      void queries.invalidateQueries({
        predicate: (q) => ['today', 'worklist', 'sections'].includes(String(q.queryKey[0])),
      });
    },
  });
  useScan((accession) => receive.mutate(accession));
  const go = (): void => {
    if (text.trim()) receive.mutate(text.trim().toUpperCase());
    setText('');
  };
  return (
    <div className="screen">
      <div className="pane">
        <div className="tools" style={{ alignItems: 'flex-end' }}>
          <div style={{ width: 320 }}>
            <Text
              label={t('receive.scan')}
              value={text}
              autoFocus
              onChange={setText}
              data-testid="receive"
              onKeyDown={(e) => {
                if (e.key === 'Enter') go();
              }}
            />
          </div>
          <Button look="primary" disabled={!isLabNo(text)} busy={receive.isPending} onClick={go}>
            {t('receive.go')}
          </Button>
        </div>
        {receive.error && <Fault error={receive.error} />}
        <div className="fill scroll">
          {lines.length === 0 && <Empty>{t('receive.empty')}</Empty>}
          <table className="table">
            <tbody>
              {lines.map((l, i) => (
                <tr key={`${l.accession}-${lines.length - i}`}>
                  <td>
                    <LabNo value={l.accession} />
                  </td>
                  <td className={l.problem ? 'tone-high' : 'tone-released'}>
                    <span className="row">
                      {l.problem ? (
                        <IconAlertCircle size={15} aria-hidden />
                      ) : (
                        <IconCircleCheck size={15} aria-hidden />
                      )}
                      {l.problem
                        ? t(`scan.problem.${l.problem.code}`, { defaultValue: l.problem.message })
                        : t('state.received')}
                    </span>
                  </td>
                  <td className="sec">{l.sample?.tests.join(', ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <footer className="foot">
          <span className="grow" />
          <span className="num">{t('receive.count', { count: lines.filter((l) => l.sample).length })}</span>
        </footer>
      </div>
    </div>
  );
}
