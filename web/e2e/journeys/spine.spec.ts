import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage } from '../browser';
import { startHub, type Hub } from '../hub';
import { startNode, type Node } from '../node';
import { binary, once, run, type Running } from '../process';
import {
  collect,
  enrol,
  logIn,
  logOut,
  openReport,
  openSample,
  receive,
  register,
  sign,
  synced,
  value,
} from '../steps';

/**
 * The spine, as one lab day: a node joins a hub; a person is registered; the printed labels put her tubes on two
 * simulated analyzers (ASTM and HL7), which ask for the orders and send the results; the pathologist signs; the owner
 * sees it at the hub; the hub dies and the lab works on; the hub comes back and catches up. Real binaries, SQLite and
 * Postgres, and nothing between them that a lab would not have.
 */
describe.skipIf(!binary('edge') || !binary('hub'))('from the desk to the signed report and on to the hub', () => {
  let browser: Browser;
  let hub: Hub;
  let node: Node;
  let rack: Running;
  let desk: Page; // a PC of the lab
  let office: Page; // the owner's, at the hub
  const complaints: string[][] = [];

  beforeAll(async () => {
    hub = await startHub({ org: 'Nirmal Diagnostics', lab: 'College Road' });
    node = await startNode({ hub: hub.url });
    rack = run(binary('edge') ?? '', [
      'simulate',
      '--rack',
      `127.0.0.1:${node.printer}`,
      '--every',
      '500ms',
      '--target',
      `cbc=127.0.0.1:${node.astm}`,
      '--target',
      `chemistry=127.0.0.1:${node.hl7}`,
    ]);
    browser = await openBrowser();
    const open = async (): Promise<Page> => {
      const opened = await openPage(browser);
      complaints.push(opened.complaints);
      return opened.page;
    };
    desk = await open();
    office = await open();
  });
  // What went wrong is seen on the page and in the node's own words; everybody in it is made up.
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    console.error(rack.output(), node.process.output(), hub.output());
    console.error(desk.url(), await desk.locator('body').innerText());
    console.error(await once(binary('edge') ?? '', ['dump', '--data', node.dir, 'observations']));
  });
  afterAll(async () => {
    await browser?.close();
    await rack?.stop();
    await node?.stop();
    await hub?.stop();
  });
  const who = (name: string): { login: string; password: string } => {
    const found = node.logins[name];
    if (!found) throw new Error(`no demonstration log-in "${name}" in:\n${node.process.output()}`);
    return found;
  };
  /** as does something in the session of one person of the lab. */
  const as = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    await logIn(desk, node.url, who(name));
    const done = await work();
    await logOut(desk);
    return done;
  };

  it('takes a visit from registration over both analyzers to the hub, with and without its line', async () => {
    await as('admin', async () => {
      await enrol(desk, node.url, hub.url, await hub.enrolCode());
      await synced(desk, 'online');
    });

    const asha = { name: 'Asha Sharma', sex: 'Female', age: '34', phone: '9000000001' } as const;
    const made = await as('reception', () => register(desk, node.url, asha, ['CBC', 'KFT']));
    expect(made.tubes).toHaveLength(2);
    const tube = (panel: string): string =>
      made.tubes.find((t) => t.tests.includes(panel))?.accession ?? expect.fail(`no tube for ${panel}`);
    await as('collect', () => collect(desk, node.url, made.visit));

    await as('tech', async () => {
      await receive(
        desk,
        node.url,
        made.tubes.map((t) => t.accession),
      );
      // Nobody reloads the page: the results of each tube appear by themselves.
      await openSample(desk, node.url, tube('CBC'));
      await value(desk, 'HB', ['entered', 'held']).waitFor({ timeout: 60_000 });
      await openSample(desk, node.url, tube('KFT'));
      await value(desk, 'CREA', ['entered', 'held']).waitFor({ timeout: 60_000 });
    });

    await as('path', async () => {
      await sign(desk, node.url, made.visit, who('path').password);
      const pdf = await openReport(desk, node.url);
      expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    });

    await logIn(office, hub.url, hub.owner);
    await office.goto(`${hub.url}/labs`);
    const standing = office.locator('[data-testid="node-row"][data-state="online"]');
    await standing.filter({ hasText: 'College Road' }).waitFor();
    await office.goto(`${hub.url}/results`);
    const at = (code: string, accession: string) =>
      office.locator(`[data-testid="result"][data-code="${code}"]`).filter({ hasText: accession });
    await at('HB', tube('CBC')).filter({ hasText: asha.name }).waitFor();
    await at('CREA', tube('KFT')).waitFor();

    await hub.kill();
    const ravi = await as('reception', async () => {
      await synced(desk, 'offline');
      const later = await register(desk, node.url, { name: 'Ravi Kumar', sex: 'Male', age: '51' }, ['CBC']);
      await desk
        .getByTestId('sync')
        .filter({ hasText: /Offline since .*waiting/ })
        .waitFor();
      return later;
    });
    await as('collect', () => collect(desk, node.url, ravi.visit));
    const alone = ravi.tubes[0]?.accession ?? '';
    await as('tech', async () => {
      await receive(desk, node.url, [alone]);
      await openSample(desk, node.url, alone);
      await value(desk, 'HB', ['entered', 'held']).waitFor({ timeout: 60_000 });

      await hub.start();
      await synced(desk, 'online', 200_000);
      await desk.getByTestId('sync').filter({ hasText: 'all sent' }).waitFor();
    });
    await office.goto(`${hub.url}/results`);
    await at('HB', alone).filter({ hasText: 'Ravi Kumar' }).waitFor();
    expect(complaints.flat()).toEqual([]);
  }, 600_000);
});
