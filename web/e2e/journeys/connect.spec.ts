import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser';
import { startNode, type Node } from '../node';
import { binary, once } from '../process';
import { logIn } from '../steps';

/** What a known cell counter sends: the simulator puts it into frames as the protocol says. */
const records = [
  'H|\\^&|||XN-550^00-24^77||||||||E1394-97',
  'P|1|||||Sharma^Asha||19800102|F',
  'O|1||1^1^          26071A20012C^B|^^^^WBC\\^^^^HGB|||||||N||||||||||||||F',
  'R|1|^^^^WBC^1|7.1|10*3/uL||N||F||||20260311101400',
  'R|2|^^^^HGB^1|13.2|g/dL||N||F||||20260311101400',
  'R|3|^^^^ODD^1|5|||N||F||||20260311101400',
  'L|1|N',
];

/**
 * An analyzer that nobody set up sends its first result; a person without a manual connects it in the browser. A known
 * model takes under two minutes; a browser that reads nothing shows what the program's own part of that is.
 */
describe.skipIf(!binary('edge'))('connecting an analyzer', () => {
  let browser: Browser;
  let node: Node;
  let page: Page;
  let complaints: string[] = [];

  beforeAll(async () => {
    // A demonstration makes the lab; the second start trusts nobody, as a real one.
    node = await startNode({ restart: true });
    browser = await openBrowser();
    ({ page, complaints } = await openPage(browser));
  });
  afterAll(async () => {
    await browser?.close();
    await node?.stop();
  });

  it('recognises a known model, asks only what it cannot know, and files from then on', async () => {
    await logIn(page, node.url, node.logins.manager ?? { login: 'manager', password: '' });
    const began = Date.now();
    await page.goto(`${node.url}/setup/connect`);
    await page.getByTestId('arrivals').waitFor();
    const capture = join(node.dir, 'first.astm');
    await writeFile(capture, records.map((r) => `${r}\r`).join(''));
    await once(binary('edge') ?? '', ['simulate', '--capture', capture, '--target', `127.0.0.1:${node.astm}`]);
    await page.getByTestId('arrival').getByRole('button', { name: 'This one' }).click();
    const proposal = page.getByTestId('proposal');
    await proposal.waitFor();
    expect(await proposal.getAttribute('data-profile')).toBe('sysmex-xn');
    expect(await page.getByLabel('Name in this lab').inputValue()).toBe('XN-550');
    expect(await page.getByTestId('first-message').innerText()).toContain('13.2');
    expect(Number(await page.getByTestId('known').getAttribute('data-count'))).toBe(2);
    expect(await page.getByTestId('question').count()).toBe(1);
    await page.keyboard.press('Control+Enter');
    await page.getByTestId('connected').waitFor();
    const took = (Date.now() - began) / 1000;
    console.log(`connected in ${took.toFixed(1)} s`);
    expect(took).toBeLessThan(120);
  });

  it('shows the line with the patient masked, and the name to who asks for it', async () => {
    await page.getByRole('button', { name: 'See its line' }).click();
    const message = page.getByTestId('line-message');
    await message.getByText('26071A20012C').first().waitFor();
    expect(await message.innerText()).not.toContain('Sharma');
    await page.getByRole('button', { name: 'Show names' }).click();
    await message.getByText('Sharma').first().waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    expect(await page.getByTestId('replay').getAttribute('data-differs')).toBe('0');
  });

  it('clones a dialect, says where it is wrong, and tries it before it is in force', async () => {
    await page.goto(`${node.url}/setup/profiles/sysmex-xn`);
    await page.getByRole('button', { name: 'Clone and change' }).click();
    const text = page.getByTestId('profile-text');
    const good = await text.inputValue();
    expect(good).toContain('id: sysmex-xn-own');
    await text.fill(good.replace('protocol: astm', 'protocol: serial'));
    await page.locator('[data-testid="faults"][data-fresh="true"]:not([data-count="0"])').waitFor();
    expect(await page.getByTestId('faults').innerText()).toContain('protocol');
    await text.fill(good);
    await page.locator('[data-testid="faults"][data-fresh="true"][data-count="0"]').waitFor();
    await page.getByLabel('Pasted message').fill(records.join('\n'));
    await page.getByRole('button', { name: 'Read it' }).click();
    await page.locator('[data-testid="tried"][data-rows="3"]').waitFor();
    await page.getByRole('button', { name: 'Put in force' }).click();
    await page.getByText('own, version 1').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
