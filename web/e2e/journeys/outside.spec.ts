import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser';
import { layCable, type Cable } from '../cable';
import { startHub, type Hub } from '../hub';
import { startNode, type Node } from '../node';
import { binary, freePort } from '../process';
import { startSandbox, type Sandbox } from '../sandbox';
import { collect, enrol, enterDown, logIn, logOut, openReport, receive, register, sign, synced } from '../steps';

/**
 * From the signature to the patient's phone and the money back: the owner sets up WhatsApp and Razorpay, a report is
 * released while the lab has no internet, the line comes back, the message is delivered and read, the patient opens it by
 * a code at phone size, pays, and the desk sees the bill paid. Nothing of the patient stands in any address or log.
 */
describe.skipIf(!binary('edge') || !binary('hub'))('a report reaches the phone, and the money the bill', () => {
  const asha = { name: 'Asha Sharma', sex: 'Female', age: '34', phone: '9000000001' } as const;
  let browser: Browser;
  let hub: Hub;
  let node: Node;
  let cable: Cable;
  let services: Sandbox;
  let desk: Page; // a PC of the lab
  let office: Page; // the owner's, at the hub
  let phone: Page; // the patient's
  const complaints: string[][] = [];
  const addresses: string[] = []; // everything that any of the three asked for

  beforeAll(async () => {
    const port = await freePort();
    hub = await startHub(
      { org: 'Nirmal Diagnostics', lab: 'College Road' },
      {
        JAANCH_HUB_SEAL_KEY: Buffer.alloc(32, 7).toString('base64'),
        JAANCH_HUB_STAND_INS: 'true',
        JAANCH_HUB_HOSTS: `127.0.0.1:${port}`,
      },
    );
    cable = await layCable(hub.url);
    [services, node] = await Promise.all([startSandbox(port, `${hub.url}/hooks/${hub.org}`), startNode()]);
    browser = await openBrowser();
    const open = async (size?: { width: number; height: number }): Promise<Page> => {
      const opened = await openPage(browser, size);
      complaints.push(opened.complaints);
      opened.page.context().on('request', (r) => addresses.push(r.url()));
      return opened.page;
    };
    [desk, office, phone] = [await open(), await open(), await open({ width: 390, height: 844 })];
  });
  // What went wrong is seen on the pages and in the programs' own words; everybody in it is made up.
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    console.error(node.process.output(), hub.output(), services.output());
    for (const page of [desk, office, phone]) console.error(page.url(), await page.locator('body').innerText());
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([node?.stop(), services?.stop(), cable?.cut()]);
    await hub?.stop();
  });
  const as = async <T>(name: string, work: (who: { login: string; password: string }) => Promise<T>): Promise<T> => {
    const who = node.logins[name] ?? expect.fail(`no demonstration log-in "${name}"`);
    await logIn(desk, node.url, who);
    const done = await work(who);
    await logOut(desk);
    return done;
  };
  const setUp = async (service: string, settings: Record<string, string>): Promise<void> => {
    await office.goto(`${hub.url}/outreach`);
    const row = office.getByRole('row').filter({ has: office.getByText(service, { exact: true }) });
    await row.getByRole('button', { name: 'Set up' }).click();
    const dialog = office.getByRole('dialog');
    for (const [label, value] of Object.entries(settings)) await dialog.getByLabel(label, { exact: true }).fill(value);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    const kept = `${Object.keys(settings).length} of `;
    await row.filter({ hasText: kept }).waitFor();
  };

  it('is released without internet, delivered, read, opened by a code, and paid', async () => {
    await logIn(office, hub.url, hub.owner);
    await setUp('WhatsApp', {
      'Address (empty for the usual one)': `${services.url}/whatsapp`,
      'Access token': 'sandbox',
      'Phone number id': '111',
      'App secret': 'sandbox',
      'Verify token': 'sandbox',
    });
    await setUp('Razorpay', {
      'Address (empty for the usual one)': `${services.url}/razorpay/v1`,
      Key: 'rzp_test_sandbox',
      Secret: 'sandbox',
      'Webhook secret': 'sandbox',
    });
    await office.goto(`${hub.url}/outreach?view=ways`);
    for (const kind of ['Report is ready', 'Payment received']) {
      const way = office.getByRole('region', { name: kind });
      await way.getByLabel('Nothing between 21:00 and 8:00').uncheck(); // this is run at any hour
      await way.getByRole('button', { name: 'Save' }).click();
      await way.getByRole('button', { name: 'Save' }).and(office.locator(':disabled')).waitFor();
    }

    await as('admin', async () => {
      await enrol(desk, node.url, cable.url, await hub.enrolCode());
      await synced(desk, 'online');
    });
    cable.pull();
    const made = await as('reception', () => register(desk, node.url, asha, ['HB'], { whatsapp: true, later: true }));
    const tube = made.tubes[0]?.accession ?? '';
    await as('collect', () => collect(desk, node.url, made.visit));
    await as('tech', async () => {
      await receive(desk, node.url, [tube]);
      await enterDown(desk, node.url, 'Haematology', 'HB', { [tube]: '13.1' });
    });
    const report = await as('path', async ({ password }) => {
      await sign(desk, node.url, made.visit, password);
      const pdf = await openReport(desk, node.url);
      expect(await desk.getByTestId('told').count()).toBe(0);
      await synced(desk, 'offline');
      return pdf;
    });

    await logIn(desk, node.url, node.logins.reception ?? expect.fail('nobody at the desk'));
    cable.plug();
    await desk.goto(`${node.url}/sync`);
    await desk.getByTestId('sync-now').click();
    await synced(desk, 'online');

    // Nobody reloads the list of reports at the desk.
    const row = desk.getByTestId('report-row').first();
    await desk.goto(`${node.url}/reports`);
    await row.locator('[data-testid="told"][data-status="delivered"]').waitFor({ timeout: 60_000 });
    const message = await services.phone(/^test_result_ready: Asha Sharma/);
    expect(message.To).toBe('919000000001');
    expect(message.File).toMatch(/^Report-.*\.pdf$/);
    await services.read(message);
    await row.locator('[data-testid="told"][data-status="read"]').waitFor({ timeout: 60_000 });
    await office.goto(`${hub.url}/reports`);
    await office.getByTestId('report').locator('[data-testid="delivery"][data-status="read"]').waitFor();

    await desk.goto(`${node.url}/reception/visits/${made.visit}`);
    await desk.locator('[data-testid="pay-link"][data-state="open"]').waitFor({ timeout: 60_000 });
    const till = await desk.getByTestId('pay-url').inputValue();
    expect(till).toContain(`${services.url}/razorpay/pay/`);

    await phone.goto(`${hub.url}/${message.Link}`);
    await phone.getByRole('heading', { name: 'Your report is ready' }).waitFor();
    expect(await phone.locator('body').innerText()).not.toMatch(/Asha|Sharma|9000000001/);
    await phone.getByRole('button', { name: 'Send the code' }).click();
    const code = await services.phone(/^login_code: [0-9]{6}$/);
    await phone.getByLabel('Code of six digits').fill(code.Text.slice(-6));
    await phone.getByRole('button', { name: 'Open' }).first().click();
    await phone.getByRole('heading', { name: asha.name }).waitFor();
    const href = await phone.getByTestId('open-report').getAttribute('href');
    const paper = await phone.request.get(new URL(href ?? '', hub.url).href);
    expect(paper.headers()['content-type']).toBe('application/pdf');
    expect((await paper.body()).equals(report), 'the paper is the one that was signed').toBe(true);
    expect(await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);

    await phone.getByTestId('pay').click();
    await phone.getByRole('heading', { name: 'Pretend UPI app' }).waitFor();
    expect(phone.url()).toBe(till);
    await phone.getByRole('button', { name: 'Pay' }).click();
    await phone.getByRole('heading', { name: 'Paid' }).waitFor();

    await desk.locator('[data-testid="bill-due"][data-due="0"]').waitFor({ timeout: 60_000 });
    await desk.locator('[data-testid="pay-link"][data-state="paid"]').waitFor();
    await services.phone(/^payment_confirmation: /);
    await phone.goto(`${hub.url}/${message.Link}`);
    await phone.getByTestId('paid').waitFor();

    const patient = /asha|sharma|9000000001|90000\+?(%20)?00001/i;
    expect(addresses.filter((a) => patient.test(a))).toEqual([]);
    for (const said of [hub.output(), node.process.output()]) expect(said).not.toMatch(patient);
    expect(complaints.flat()).toEqual([]);
  }, 240_000);
});
