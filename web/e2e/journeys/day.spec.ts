import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser';
import { startNode, type Node } from '../node';
import { binary } from '../process';
import { amend, collect, enterDown, logIn, logOut, openReport, receive, register, sign } from '../steps';

/**
 * A day with its mishaps, on a node alone: a power cut in the middle of a registration, a value entered down the grid and
 * found wrong after the report went out, a visit that is called off. What the lab did stays readable, before and after.
 */
describe.skipIf(!binary('edge'))('a day in which things go wrong and are put right', () => {
  let browser: Browser;
  let node: Node;
  let desk: Page;
  let complaints: string[];

  beforeAll(async () => {
    node = await startNode();
    browser = await openBrowser();
    ({ page: desk, complaints } = await openPage(browser));
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(node.process.output());
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
  });
  const as = async <T>(name: string, work: (who: { login: string; password: string }) => Promise<T>): Promise<T> => {
    const who = node.logins[name];
    if (!who) throw new Error(`no demonstration log-in "${name}"`);
    await logIn(desk, node.url, who);
    const done = await work(who);
    await logOut(desk);
    return done;
  };
  const text = async (pdf: Buffer): Promise<string> => {
    const path = join(node.dir, 'report.pdf');
    await writeFile(path, pdf);
    return (await promisify(execFile)('pdftotext', ['-layout', path, '-'])).stdout;
  };

  it('keeps what is half typed over a power cut, amends with a reason, and tells it all afterwards', async () => {
    const [asha, ravi] = await as('reception', async () => {
      await desk.goto(`${node.url}/reception`);
      await desk.getByTestId('patient-search').waitFor();
      await desk.keyboard.press('F2');
      await desk.getByTestId('patient-name').fill('Asha Shar');
      await desk.getByTestId('patient-phone').fill('90000');
      await desk.locator('[data-testid="draft-state"][data-state="kept"]').waitFor();
      await node.restart();
      await desk.reload();
      await desk.getByTestId('taken-up').waitFor();
      expect(await desk.getByTestId('patient-name').inputValue()).toBe('Asha Shar');
      expect(await desk.getByTestId('patient-phone').inputValue()).toBe('90000');
      await desk.getByTestId('set-aside').click();
      await desk.getByTestId('left-draft').filter({ hasText: 'Asha Shar' }).waitFor();
      await desk.getByTestId('left-draft').getByRole('button', { name: 'Discard this draft' }).click();
      await desk.getByRole('button', { name: 'Discard for good' }).click();
      await desk.getByTestId('left-draft').waitFor({ state: 'detached' });
      return [
        await register(desk, node.url, { name: 'Asha Sharma', sex: 'Female', age: '34' }, ['HB']),
        await register(desk, node.url, { name: 'Ravi Kumar', sex: 'Male', age: '51' }, ['HB']),
      ];
    });
    const [first, second] = [asha.tubes[0]?.accession ?? '', ravi.tubes[0]?.accession ?? ''];
    await as('collect', async () => {
      await collect(desk, node.url, asha.visit);
      await collect(desk, node.url, ravi.visit);
    });
    await as('tech', async () => {
      await receive(desk, node.url, [first, second]);
      await enterDown(desk, node.url, 'Haematology', 'HB', { [first]: '12.1', [second]: '14.2' });
    });

    const papers = await as('path', async ({ password }) => {
      await sign(desk, node.url, asha.visit, password);
      const before = await text(await openReport(desk, node.url));
      await amend(desk, node.url, { test: 'aemoglobin', value: '12.9', reason: 'read from the wrong line' }, password);
      const after = await text(await openReport(desk, node.url));
      await desk.getByTestId('history-report').waitFor();
      await desk.goto(`${node.url}/reception/visits/${asha.visit}`);
      return { before, after };
    });
    expect(papers.before).toContain('12.1');
    expect(papers.before).not.toMatch(/amended/i);
    expect(papers.after).toContain('12.9');
    expect(papers.after).toMatch(/amended/i);
    expect(papers.after).toContain('read from the wrong line');

    await as('manager', async () => {
      await desk.goto(`${node.url}/reception/visits/${asha.visit}`);
      await desk.getByTestId('history-order_test').first().click();
      const story = desk.getByTestId('history');
      const changed = story.locator('[data-testid="change"]').filter({ hasText: 'read from the wrong line' }).first();
      await changed.waitFor();
      expect(await story.innerText()).toContain('12.1');
      expect(await changed.innerText()).toContain('12.9');
    });

    await as('reception', async () => {
      await desk.goto(`${node.url}/reception/visits/${ravi.visit}`);
      await desk.getByTestId('cancel-visit').click();
      const dialog = desk.getByTestId('cancel-dialog');
      await dialog.getByText(/were paid/).waitFor();
      await dialog.getByLabel('Reason').fill('came to the wrong lab');
      await dialog.getByTestId('cancel-go').click();
      await dialog.waitFor({ state: 'detached' });
      await desk.getByText('Cancelled').first().waitFor();
    });
    expect(complaints).toEqual([]);
  }, 180_000);
});
