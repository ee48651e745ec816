// device.mjs create|edit|sync|dump FOLDER ACTOR [FILE|URL]: one step of a device, as PouchDB's guide does it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import PouchDB from 'pouchdb';

const WRITES_AT_ONCE = 500;
const DOCS_PER_EXCHANGE = 1000;
const [step, folder, , given] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const db = new PouchDB(`${folder}/db`, { auto_compaction: true });

async function create(file) {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const docs = lines.map((line) => {
    const { id, ...fields } = JSON.parse(line);
    return { _id: id, ...fields };
  });
  for (let at = 0; at < docs.length; at += WRITES_AT_ONCE) await db.bulkDocs(docs.slice(at, at + WRITES_AT_ONCE));
}

async function edit(file) {
  const edits = JSON.parse(readFileSync(file, 'utf8'));
  const found = await db.allDocs({ keys: edits.map((e) => e.id), include_docs: true });
  const docs = new Map(found.rows.map((row) => [row.id, row.doc]));
  for (const { id, field, value } of edits) docs.get(id)[field] = value;
  await db.bulkDocs([...docs.values()]);
}

async function sync(url) {
  const remote = new PouchDB(`${url}/bench`, { skip_setup: true });
  const options = { batch_size: DOCS_PER_EXCHANGE };
  const up = await db.replicate.to(remote, options);
  const down = await db.replicate.from(remote, options);
  if (!up.ok || !down.ok) throw new Error('the replication did not end well');
}

async function dump() {
  const all = await db.allDocs({ include_docs: true, conflicts: true });
  const hash = createHash('sha1');
  let conflicts = 0;
  for (const { doc } of all.rows) {
    const { _conflicts, ...kept } = doc;
    if (_conflicts) conflicts += 1;
    hash.update(JSON.stringify(Object.keys(kept).sort().map((key) => kept[key])));
  }
  console.log(`docs=${all.rows.length} conflicts=${conflicts} digest=${hash.digest('hex').slice(0, 16)}`);
}

await { create, edit, sync, dump }[step](given);
await db.close();
process.exit(0); // PouchDB keeps sockets open for a while
