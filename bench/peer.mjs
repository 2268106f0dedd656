// One side of `make bench` that is not ours: programs of others, each doing the work that ours is measured on. A test
// starts this program, writes one command a line, and reads one line of JSON for each. The work runs in turns with ours,
// so the process stays alive between two commands.
import { mkdtempSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const needed = {};
const lazy = (name) => (needed[name] ??= require(name));

// Each reads a whole message and then the code, value, unit and flag of every result.
const readers = {
  'simple-hl7': () => {
    const { Parser } = lazy('simple-hl7');
    const parser = new Parser();
    return (text) => {
      let n = 0;
      for (const s of parser.parse(text).segments) {
        if (s.name !== 'OBX') continue;
        n += s.getComponent(3, 1).length + s.getField(5).length + s.getComponent(6, 1).length + s.getField(8).length;
      }
      return n;
    };
  },
  '@medplum/core': () => {
    const { Hl7Message } = lazy('@medplum/core');
    return (text) => {
      let n = 0;
      for (const s of Hl7Message.parse(text).getAllSegments('OBX')) {
        n += s.getComponent(3, 1).length + s.getComponent(5, 1).length + s.getComponent(6, 1).length + s.getComponent(8, 1).length;
      }
      return n;
    };
  },
  'node-hl7-client': () => {
    const { Message } = lazy('node-hl7-client');
    return (text) => {
      let n = 0;
      new Message({ text }).get('OBX').forEach((s) => {
        n += s.get('3.1').toString().length + s.get('5').toString().length + s.get('6.1').toString().length + s.get('8').toString().length;
      });
      return n;
    };
  },
};
const made = {};

const commands = {
  // parse NAME FILE MILLISECONDS: messages a second, and how many characters one message gave, which must not be none.
  parse(name, file, ms) {
    const read = (made[name] ??= readers[name]());
    const text = readFileSync(file, 'latin1');
    const until = performance.now() + Number(ms);
    const began = performance.now();
    let done = 0;
    let found = 0;
    while (performance.now() < until) {
      for (let i = 0; i < 10; i++) found = read(text);
      done += 10;
    }
    return { rate: (done * 1000) / (performance.now() - began), found };
  },

  // mllp FOLDER: an HL7 server that appends each message to a file and acknowledges it after fdatasync. Gives its port.
  async mllp(folder) {
    const { Server } = lazy('node-hl7-server');
    const file = await open(join(folder, 'messages'), 'a');
    const port = await freePort();
    const server = new Server({ bindAddress: '127.0.0.1' });
    const inbound = server.createInbound({ port }, async (req, res) => {
      await file.write(req.getMessage().toString());
      await file.datasync();
      await res.sendResponse('AA');
    });
    await new Promise((ready) => inbound.on('listen', ready));
    return { port };
  },

  // couch FOLDER: express-pouchdb over LevelDB. Gives its port.
  async couch(folder) {
    const PouchDB = lazy('pouchdb').defaults({ prefix: mkdtempSync(join(folder, 'hub-')) + '/' });
    const app = lazy('express')();
    app.use('/', lazy('express-pouchdb')(PouchDB, { mode: 'minimumForPouchDB', overrideMode: { include: [] }, logPath: join(folder, 'couch.log') }));
    const server = createServer(app);
    server.on('connection', (s) => s.on('close', () => (received += s.bytesRead)) && sockets.add(s));
    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
    return { port: server.address().port };
  },

  // bytes: what the sockets of couch have received so far.
  bytes() {
    let n = received;
    for (const s of sockets) s.destroyed ? sockets.delete(s) : (n += s.bytesRead);
    return { n };
  },

  // fill FOLDER NAME N FIELD: makes or changes N documents of a result's size in a database of a node's own.
  async fill(folder, name, n, field) {
    const db = nodeDB(folder, name);
    const rows = await db.allDocs();
    const revs = new Map(rows.rows.map((r) => [r.id, r.value.rev]));
    for (let at = 0; at < n; at += 1000) {
      const docs = [];
      for (let i = at; i < Math.min(n, at + 1000); i++) {
        const _id = 'r' + String(i).padStart(8, '0');
        docs.push({
          _id, _rev: revs.get(_id), sample_id: '0190c0de-0000-7000-8000-' + String(i >> 3).padStart(12, '0'),
          test_id: '0190c0de-0000-7000-8001-' + String(i % 256).padStart(12, '0'), version: 1, value: field + (i % 200), unit: 'mg/dL', flag: '',
        });
      }
      for (const r of await db.bulkDocs(docs)) if (r.error) throw new Error(r.message);
    }
    return {};
  },

  // push FOLDER URL NAME…: replicates the databases to the hub at once, 1,000 documents a batch: documents a second.
  async push(folder, url, ...names) {
    const began = performance.now();
    const all = await Promise.all(names.map((name) => nodeDB(folder, name).replicate.to(url + '/' + name, { batch_size: 1000 })));
    const written = all.reduce((n, r) => n + r.docs_written, 0);
    return { rate: (written * 1000) / (performance.now() - began), written };
  },
};

let received = 0;
const sockets = new Set();
const databases = {};

function nodeDB(folder, name) {
  const PouchDB = lazy('pouchdb');
  return (databases[name] ??= new PouchDB(join(folder, name)));
}

async function freePort() {
  const s = createServer();
  await new Promise((ready) => s.listen(0, '127.0.0.1', ready));
  const { port } = s.address();
  await new Promise((gone) => s.close(gone));
  return port;
}

// What a library prints must not be taken for an answer.
const answer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...args] = line.split('\t');
  try {
    answer(JSON.stringify({ ok: await commands[command](...args) }) + '\n');
  } catch (e) {
    answer(JSON.stringify({ error: String(e?.stack ?? e) }) + '\n');
  }
}
process.exit(0);
