import { fireEvent, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { matches, useKeys } from '../hooks/keys';
import { useScan } from '../hooks/scan';
import { show } from '../test/render';
import { Button } from './Button';
import { Flag } from './Flag';
import { LabNo } from './LabNo';
import { ScanBar } from './ScanBar';
import { Segments } from './Segments';
import { Stale } from './Stale';

const event = (o: Partial<KeyboardEvent>): KeyboardEvent => new KeyboardEvent('keydown', o as KeyboardEventInit);

describe('keys', () => {
  it.each([
    ['mod+Enter', { key: 'Enter', ctrlKey: true }, true],
    ['mod+Enter', { key: 'Enter', metaKey: true }, true],
    ['mod+Enter', { key: 'Enter' }, false],
    ['Enter', { key: 'Enter', ctrlKey: true }, false],
    ['alt+n', { key: '~', code: 'KeyN', altKey: true }, true],
    ['j', { key: 'j' }, true],
    ['j', { key: 'J', shiftKey: true }, false],
    ['?', { key: '?', shiftKey: true }, true],
    ['F8', { key: 'F8' }, true],
  ])('%s and %j', (keys, e, yes) => expect(matches(keys, event(e))).toBe(yes));

  it('leaves plain letters to the field that is typed in, but not chords', async () => {
    const plain = vi.fn();
    const chord = vi.fn();
    function Screen() {
      useKeys([
        { keys: 'a', label: 'accept', run: plain },
        { keys: 'mod+Enter', label: 'save', run: chord },
      ]);
      return <input aria-label="cell" />;
    }
    show(<Screen />);
    await userEvent.type(screen.getByLabelText('cell'), 'a');
    expect(plain).not.toHaveBeenCalled();
    fireEvent.keyDown(screen.getByLabelText('cell'), { key: 'Enter', ctrlKey: true });
    expect(chord).toHaveBeenCalledOnce();
    fireEvent.keyDown(document.body, { key: 'a' });
    expect(plain).toHaveBeenCalledOnce();
  });
});

describe('a scanner and a tube that is not ours', () => {
  const show1 = () => {
    const scanned = vi.fn();
    function Form() {
      useScan(scanned);
      return <input aria-label="reference" />;
    }
    show(<Form />);
    return scanned;
  };
  const burst = (target: Element, text: string): void => {
    for (const key of text) fireEvent.keyDown(target, { key });
    fireEvent.keyDown(target, { key: 'Enter' });
  };
  it('is looked up as it was scanned when no field has the focus', () => {
    const scanned = show1();
    burst(document.body, 'ab-4711-99');
    expect(scanned).toHaveBeenCalledWith('ab-4711-99');
  });
  it('stays in the field that it was scanned into', () => {
    const scanned = show1();
    burst(screen.getByLabelText('reference'), 'ab-4711-99');
    expect(scanned).not.toHaveBeenCalled();
  });
  it('is no number without a digit or with blanks', () => {
    const scanned = show1();
    burst(document.body, 'sharma asha');
    burst(document.body, 'abcdefgh');
    expect(scanned).not.toHaveBeenCalled();
  });
});

describe('a scanner in the wrong field', () => {
  it('gives the field its text back, submits nothing and hands the number on', () => {
    const scanned = vi.fn();
    const submit = vi.fn((e: { preventDefault: () => void }) => e.preventDefault());
    function Screen() {
      useScan(scanned);
      return (
        <form onSubmit={submit}>
          <input aria-label="phone" defaultValue="98" />
        </form>
      );
    }
    show(<Screen />);
    const field = screen.getByLabelText<HTMLInputElement>('phone');
    for (const key of '26325K701189') {
      fireEvent.keyDown(field, { key });
      field.value += key;
    }
    const enter = fireEvent.keyDown(field, { key: 'Enter' });
    expect(enter).toBe(false);
    expect(scanned).toHaveBeenCalledWith('26325K701189');
    expect(field.value).toBe('98');
    expect(submit).not.toHaveBeenCalled();
  });
});

describe('parts', () => {
  it('says a flag in words, never by colour alone', () => {
    show(<Flag code="HH" />);
    expect(screen.getByText('critically high')).toBeTruthy();
    expect(screen.getByText('HH')).toBeTruthy();
  });
  it('shows nothing where there is no flag', () =>
    expect(show(<Flag code="" />).container.querySelector('.flag')).toBeNull());
  it('copies a lab number whole', () => {
    show(<LabNo value="26325K701189" />);
    const setData = vi.fn();
    fireEvent.copy(screen.getByTestId('labno'), { clipboardData: { setData } });
    expect(setData).toHaveBeenCalledWith('text/plain', '26325K701189');
  });
  it('keeps an action in sight when it is off, with the reason', () => {
    show(
      <Button why="Your role may not do this." disabled>
        Sign
      </Button>,
    );
    expect(screen.getByRole('button', { name: 'Sign' }).title).toBe('Your role may not do this.');
  });
  it('cannot be pressed twice while it works', async () => {
    const press = vi.fn();
    show(
      <Button busy onClick={press}>
        Save
      </Button>,
    );
    await userEvent.click(screen.getByRole('button'));
    expect(press).not.toHaveBeenCalled();
  });
  it('tells which answer is chosen', () => {
    show(
      <Segments
        label="Sex"
        value="F"
        onChange={() => undefined}
        options={[
          { value: 'M', label: 'M' },
          { value: 'F', label: 'F' },
        ]}
      />,
    );
    expect(screen.getByRole('button', { name: 'F' }).getAttribute('aria-pressed')).toBe('true');
  });
  it('shows both values when somebody else saved first', () => {
    show(
      <Stale
        opened
        fields={[{ label: 'Phone', yours: '98220', theirs: '70205' }]}
        onTheirs={() => undefined}
        onYours={() => undefined}
        onClose={() => undefined}
      />,
    );
    expect(screen.getByText('98220')).toBeTruthy();
    expect(screen.getByText('70205')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Keep what is saved' })).toBeTruthy();
  });
});

describe('the scan bar', () => {
  it('opens the only hit of a typed lab number and says what it is', async () => {
    const open = vi.fn();
    const search = vi.fn(async () => ({ hits: [{ id: '1', node: 'x', summary: 'F 58 y · KFT', open }] }));
    show(<ScanBar placeholder="Scan" search={search} />);
    await userEvent.type(screen.getByTestId('scan'), '26325k701189{Enter}');
    expect(await screen.findByText('F 58 y · KFT')).toBeTruthy();
    expect(search).toHaveBeenCalledWith('26325K701189');
    expect(open).toHaveBeenCalledOnce();
  });
  it('says what to do when nothing is found', async () => {
    show(<ScanBar placeholder="Scan" search={async () => ({ hits: [], problem: 'No tube has this number.' })} />);
    await userEvent.type(screen.getByTestId('scan'), '26325K701189{Enter}');
    expect(await screen.findByText('No tube has this number.')).toBeTruthy();
  });
});
