// A standard tus server in front of sync-server: everything below /v1/photos ends in @tus/server with files in a folder,
// everything else passes to sync-server untouched. So a device that uploads here speaks tus with somebody else's server.
// Arguments: the folder for the files, the port of sync-server. Prints {"port": …} when it listens, then one line of JSON
// for every finished upload.
import { createServer, request } from "node:http";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [folder, port] = process.argv.slice(2);

async function hash(path) {
  const sum = createHash("sha256");
  for await (const piece of createReadStream(path)) sum.update(piece);
  return sum.digest("hex");
}

const photos = new Server({
  path: "/v1/photos/uploads",
  datastore: new FileStore({ directory: folder }),
  // The front of sync-server is /v1/photos; an upload lives below it.
  generateUrl: (_, { id }) => `/v1/photos/uploads/${id}`,
  getFileIdFromRequest: (req) => new URL(req.url, "http://localhost").pathname.split("/")[4],
  onUploadFinish: async (_, upload) => {
    const { kind, sha256, photo } = upload.metadata;
    const found = await hash(upload.storage.path);
    console.log(JSON.stringify({ photo, kind, announced: sha256, found, bytes: upload.size }));
    return {};
  },
});

createServer((req, res) => {
  if (req.url === "/v1/photos") req.url = "/v1/photos/uploads";
  if (req.url.startsWith("/v1/photos")) return photos.handle(req, res);
  const on = request({ port, host: "127.0.0.1", method: req.method, path: req.url, headers: req.headers }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
  });
  // A broken request ends both halves, as a real proxy does.
  on.on("error", () => res.destroy());
  req.on("error", () => on.destroy());
  req.pipe(on);
}).listen(0, "127.0.0.1", function () {
  console.log(JSON.stringify({ port: this.address().port }));
});
