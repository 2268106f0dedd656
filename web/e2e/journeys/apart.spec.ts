import type { APIRequestContext, Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser';
import { startHub, type Hub } from '../hub';
import { startNode, type Node } from '../node';
import { binary } from '../process';
import { collect, logIn, receive, register } from '../steps';

interface Row {
  item_id: string;
  code: string;
  value: string;
  state: string;
  versions: string;
}

/**
 * Two PCs of one lab and a hub. While they are apart, both change the name of one person and the value of one result.
 * When they are back, the conflict stands on both and at the hub, and no report goes out. The owner decides at the hub,
 * and both PCs show the decision. What is released afterwards is changed by nobody.
 */
describe.skipIf(!binary('edge') || !binary('hub'))('two people change the same thing while apart', () => {
  let browser: Browser;
  let hub: Hub;
  let first: Node;
  let second: Node;
  let desk: Page; // at the first node
  let counter: Page; // at the second
  let office: Page; // the owner's, at the hub
  const complaints: string[][] = [];

  beforeAll(async () => {
    hub = await startHub({ org: 'Nirmal Diagnostics', lab: 'Sinnar' });
    [first, second] = await Promise.all([startNode(), startNode()]);
    browser = await openBrowser();
    const open = async (): Promise<Page> => {
      const opened = await openPage(browser);
      complaints.push(opened.complaints);
      return opened.page;
    };
    [desk, counter, office] = [await open(), await open(), await open()];
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(first.process.output(), second.process.output(), hub.output());
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([first?.stop(), second?.stop()]);
    await hub?.stop();
  });

  const read = async <T>(api: APIRequestContext, url: string): Promise<T> => {
    const r = await api.get(url);
    expect(r.status(), `${url}: ${await r.text()}`).toBe(200);
    return (await r.json()) as T;
  };
  const send = async (page: Page, method: 'PUT' | 'POST', url: string, data: unknown): Promise<number> => {
    const r = await page.request.fetch(url, {
      method,
      data,
      headers: { 'Idempotency-Key': `apart-${url.length}-${Date.now()}-${Math.random()}`.slice(0, 60) },
    });
    return r.status();
  };
  const rows = async (page: Page, node: Node, visit: string): Promise<Row[]> => {
    const list = await read<{ groups: { rows: Row[] }[] }>(
      page.request,
      `${node.url}/api/v1/worklist?visit=${visit}&state=all`,
    );
    return list.groups.flatMap((g) => g.rows);
  };
  const hb = async (page: Page, node: Node, visit: string): Promise<Row> =>
    (await rows(page, node, visit)).find((r) => r.code === 'HB') ?? expect.fail('no haemoglobin on the worklist');
  const enter = async (page: Page, node: Node, visit: string, value: string): Promise<number> => {
    const r = await hb(page, node, visit);
    return send(page, 'PUT', `${node.url}/api/v1/items/${r.item_id}/result`, {
      value,
      critical_seen: true,
      versions: r.versions,
    });
  };
  const person = async (page: Page, node: Node, id: string): Promise<{ name: string; versions: string }> =>
    (await read<{ patient: { name: string; versions: string } }>(page.request, `${node.url}/api/v1/patients/${id}`))
      .patient;
  const rename = async (page: Page, node: Node, id: string, name: string): Promise<void> => {
    const p = await person(page, node, id);
    const patient = { name, sex: 'F', birth_date: '1991-07-14' };
    expect(await send(page, 'PUT', `${node.url}/api/v1/patients/${id}`, { patient, versions: p.versions })).toBe(200);
  };
  const until = async (what: string, ask: () => Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 40_000; Date.now() < end;) {
      if (await ask().catch(() => false)) return;
      await desk.waitForTimeout(250);
    }
    expect.fail(`never came true: ${what}`);
  };
  const sync = (page: Page, node: Node, what: 'now' | 'pause' | 'resume') =>
    send(page, 'POST', `${node.url}/api/v1/sync/${what}`, undefined);
  const waiting = async (page: Page, node: Node): Promise<number> =>
    (await read<{ conflicts: number }>(page.request, `${node.url}/api/v1/sync`)).conflicts;

  it('shows it on both sides, is decided at the hub, and both agree', async () => {
    const login = (n: Node, name: string) => n.logins[name] ?? expect.fail(`no log-in ${name}`);
    await logIn(desk, first.url, login(first, 'manager'));
    await logIn(counter, second.url, login(second, 'manager'));
    for (const [page, node] of [
      [desk, first],
      [counter, second],
    ] as const) {
      const code = await hub.enrolCode();
      expect(await send(page, 'POST', `${node.url}/api/v1/sync/enrol`, { hub: hub.url, code })).toBe(200);
    }

    const made = await register(desk, first.url, { name: 'Fatma Shaikh', sex: 'Female', age: '35' }, ['CBC']);
    const visit = made.visit;
    await collect(desk, first.url, visit);
    await receive(
      desk,
      first.url,
      made.tubes.map((t) => t.accession),
    );
    expect(await enter(desk, first, visit, '11.2')).toBe(200);
    const { patient } = await read<{ patient: { id: string } }>(desk.request, `${first.url}/api/v1/visits/${visit}`);
    await until('the second PC has the value', async () => (await hb(counter, second, visit)).value === '11.2');

    await sync(desk, first, 'pause');
    await sync(counter, second, 'pause');
    await rename(desk, first, patient.id, 'Fatima Shaikh');
    await rename(counter, second, patient.id, 'Fatima Sheikh');
    expect(await enter(desk, first, visit, '11.4')).toBe(200);
    expect(await enter(counter, second, visit, '12.4')).toBe(200);
    await sync(desk, first, 'resume');
    await until('the first PC has sent', async () => {
      const s = await read<{ pending: number }>(desk.request, `${first.url}/api/v1/sync`);
      return s.pending === 0;
    });
    await sync(counter, second, 'resume');
    await until('both conflicts stand at the second PC', async () => (await waiting(counter, second)) === 2);
    await sync(desk, first, 'now');
    await until('both conflicts stand at the first PC', async () => (await waiting(desk, first)) === 2);

    for (const [page, node] of [
      [desk, first],
      [counter, second],
    ] as const) {
      await page.goto(`${node.url}/sync/conflicts`);
      await page.getByTestId('conflict').filter({ hasText: 'Fatima Shaikh' }).click();
      await page.getByRole('heading', { name: 'Fatima Shaikh was changed in two places at once' }).waitFor();
      await page.getByTestId('row-name').filter({ hasText: 'Fatima Sheikh' }).waitFor();
      await page.getByText('1 report waits for this').first().waitFor();
    }
    const versions = (await read<{ versions: string }>(desk.request, `${first.url}/api/v1/verify/${visit}`)).versions;
    await logIn(await fresh(), first.url, login(first, 'path'));
    const refused = await send(doctor(), 'POST', `${first.url}/api/v1/verify/${visit}/sign`, {
      versions,
      partial: true,
    });
    expect(refused, 'nothing goes out while two people disagree').toBe(409);

    await logIn(office, hub.url, hub.owner);
    await office.goto(`${hub.url}/conflicts`);
    await office.getByTestId('conflict').filter({ hasText: 'Patient' }).click();
    await office.getByTestId('pick-name-1').click();
    await office.getByTestId('reason').fill('Her card says Sheikh');
    await office.keyboard.press('Control+Enter');
    await office.getByTestId('conflict').filter({ hasText: 'Patient' }).waitFor({ state: 'detached' });
    await office.getByTestId('conflict').filter({ hasText: 'Result' }).click();
    await office.getByTestId('take-0').click();
    await office.getByTestId('save-decision').click();
    await office.getByText('Nothing to decide').waitFor();

    for (const [page, node] of [
      [desk, first],
      [counter, second],
    ] as const) {
      await sync(page, node, 'now');
      await until('the decision is here', async () => (await waiting(page, node)) === 0);
      expect((await person(page, node, patient.id)).name).toBe('Fatima Sheikh');
      expect((await hb(page, node, visit)).value).toBe('11.4');
    }

    const now = (await read<{ versions: string }>(desk.request, `${first.url}/api/v1/verify/${visit}`)).versions;
    expect(
      await send(doctor(), 'POST', `${first.url}/api/v1/verify/${visit}/sign`, { versions: now, partial: true }),
    ).toBe(200);
    await until('the second PC knows of the release', async () => {
      await sync(counter, second, 'now');
      return (await hb(counter, second, visit)).state === 'released';
    });
    expect(await enter(counter, second, visit, '13.9'), 'a released value is changed by nobody').not.toBe(200);
    expect((await hb(counter, second, visit)).value).toBe('11.4');
    expect(complaints.flat()).toEqual([]);
  }, 120_000);

  let pathologist: Page | undefined;
  const fresh = async (): Promise<Page> => {
    const opened = await openPage(browser);
    complaints.push(opened.complaints);
    pathologist = opened.page;
    return opened.page;
  };
  const doctor = (): Page => pathologist ?? expect.fail('nobody has logged in to sign');
});
