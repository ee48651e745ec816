// server.mjs PORT FOLDER: a CouchDB-compatible server on LevelDB, from the PouchDB project itself.
import { mkdirSync } from 'node:fs';
import express from 'express';
import expressPouch from 'express-pouchdb';
import PouchDB from 'pouchdb';

const [port, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
process.chdir(folder); // express-pouchdb leaves its log where it runs
const Stored = PouchDB.defaults({ prefix: `${folder}/` });
const app = express();
app.use('/', expressPouch(Stored, { mode: 'minimumForPouchDB', inMemoryConfig: true }));
await new Stored('bench').info();
app.listen(Number(port), '127.0.0.1');
