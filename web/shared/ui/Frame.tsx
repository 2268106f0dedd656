import { IconKeyboard, IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { createContext, useContext, useEffect, useMemo, useState, type ComponentType, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useKept } from '../hooks/kept';
import { useKeys } from '../hooks/keys';
import { Keys } from './Keys';
import { KeysSheet } from './KeysSheet';
import { Mark } from './Mark';

type Icon = ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;

/** NavItem is a workplace in the navigation. Its count opens nothing by itself; it says how much waits. */
export interface NavItem {
  to: string;
  label: string;
  icon: Icon;
  count?: number | undefined;
  tone?: 'high';
  subs?: { to: string; label: string; count?: number | undefined }[];
}

interface Heading {
  title: string;
  sub?: string | undefined;
  three?: boolean | undefined; // a three-pane screen: the navigation folds below 1440 px
}

const HeadingContext = createContext<((h: Heading) => void) | null>(null);

/** useHeading sets the title of the bar and of the browser's tab. */
export function useHeading(title: string, sub?: string, three?: boolean): void {
  const set = useContext(HeadingContext);
  useEffect(() => {
    document.title = sub ? `${title} · ${sub}` : title;
    set?.({ title, sub, three });
  }, [set, title, sub, three]);
}

export interface FrameProps {
  lab: string;
  path: string;
  items: NavItem[];
  scan: ReactNode;
  status: ReactNode;
  user: ReactNode;
  banner?: ReactNode;
  children: ReactNode;
}

/** Frame stands around every screen: navigation by workplace, the scan bar, the state of the network in words, the user. */
export function Frame(props: FrameProps) {
  const { t } = useTranslation();
  const [heading, setHeading] = useState<Heading>({ title: '' });
  const [sheet, setSheet] = useState(false);
  const narrow = useNarrow(1440);
  const [wide, setWide] = useKept<'open' | 'folded'>('nav.wide', 'open');
  const [three, setThree] = useKept<'open' | 'folded' | 'auto'>('nav.three', 'auto');
  const phone = useNarrow(1000);
  const folded = heading.three ? (three === 'auto' ? narrow : three === 'folded') : wide === 'folded' || phone;
  const fold = (): void => (heading.three ? setThree(folded ? 'open' : 'folded') : setWide(folded ? 'open' : 'folded'));
  useKeys([
    { keys: '?', label: t('frame.keys'), run: () => setSheet(true) },
    { keys: '[', label: t('frame.fold'), run: fold },
  ]);
  const set = useMemo(() => setHeading, []);
  return (
    <HeadingContext.Provider value={set}>
      <a className="vh" href="#main">
        {t('frame.skip')}
      </a>
      <div className={folded ? 'frame folded' : 'frame'}>
        <aside className="nav">
          <div className="brand">
            <Mark size={20} />
            <div className="cut">
              <div className="name">{t('app.name')}</div>
              <div className="lab cut">{props.lab}</div>
            </div>
          </div>
          <nav className="scroll" aria-label={t('frame.places')}>
            {props.items.map((item) => (
              <Place key={item.to} item={item} path={props.path} folded={folded} />
            ))}
          </nav>
          <div className="bottom">
            <button type="button" className="item" onClick={() => setSheet(true)} aria-label={t('frame.keys')}>
              <IconKeyboard size={18} stroke={1.75} aria-hidden />
              <span className="label">{t('frame.keys')}</span>
              <Keys keys="?" />
            </button>
            <button
              type="button"
              className="item"
              onClick={fold}
              aria-label={folded ? t('frame.unfold') : t('frame.fold')}
            >
              {folded ? (
                <IconLayoutSidebarLeftExpand size={18} stroke={1.75} aria-hidden />
              ) : (
                <IconLayoutSidebarLeftCollapse size={18} stroke={1.75} aria-hidden />
              )}
              <span className="label">{t('frame.fold')}</span>
              <Keys keys="[" />
            </button>
          </div>
        </aside>
        <header className="bar">
          <div className="title">
            <h1>{heading.title}</h1>
            {heading.sub && <span className="sub">{heading.sub}</span>}
          </div>
          {props.scan}
          <div className="side">
            {props.status}
            {props.user}
          </div>
        </header>
        <main className="main" id="main" tabIndex={-1}>
          {props.banner}
          {props.children}
        </main>
        <nav className="tabs" aria-label={t('frame.places')}>
          {props.items.map((i) => (
            <Link key={i.to} to={i.to} className={isOn(props.path, i.to) ? 'on' : ''}>
              <i.icon size={20} stroke={1.75} aria-hidden />
              <span className="cut">{i.label}</span>
            </Link>
          ))}
        </nav>
      </div>
      <KeysSheet opened={sheet} onClose={() => setSheet(false)} />
    </HeadingContext.Provider>
  );
}

function Place({ item, path, folded }: { item: NavItem; path: string; folded: boolean }) {
  const on = isOn(path, item.to);
  return (
    <>
      <Link
        to={item.to}
        className={on ? 'item on' : 'item'}
        aria-current={on ? 'page' : undefined}
        title={folded ? item.label : undefined}
      >
        <item.icon size={18} stroke={1.75} aria-hidden />
        <span className={folded ? 'vh' : 'label cut'}>{item.label}</span>
        {item.count !== undefined && item.count > 0 && (
          <span className={item.tone ? `count ${item.tone}` : 'count'}>{item.count}</span>
        )}
      </Link>
      {on && item.subs && (
        <div className="subs">
          {item.subs.map((s) => (
            <Link
              key={s.to}
              to={s.to}
              className={path === s.to ? 'on' : ''}
              aria-current={path === s.to ? 'page' : undefined}
            >
              <span className="cut">{s.label}</span>
              {s.count !== undefined && s.count > 0 && <span className="num">{s.count}</span>}
            </Link>
          ))}
        </div>
      )}
    </>
  );
}

function isOn(path: string, to: string): boolean {
  const root = `/${to.split('/')[1] ?? ''}`;
  return root === '/' ? path === '/' : path === root || path.startsWith(`${root}/`);
}

/** useNarrow tells whether the window is narrower than so many pixels, and follows it. */
export function useNarrow(px: number): boolean {
  const query = `(max-width: ${px - 1}px)`;
  const [narrow, setNarrow] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const m = window.matchMedia(query);
    const on = (): void => setNarrow(m.matches);
    m.addEventListener('change', on);
    return () => m.removeEventListener('change', on);
  }, [query]);
  return narrow;
}
