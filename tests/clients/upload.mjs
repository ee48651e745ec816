// Uploads photos with tus-js-client as any program would, over a link that breaks: retries, aborts, resumes, terminates.
// Argument: a JSON file {endpoint, token, photos: [{path, photo, sha256}]}. Prints one line of JSON.
import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import tus from "tus-js-client";
const { FileUrlStorage } = tus;

const { endpoint, token, folder, photos } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const headers = { Authorization: `Bearer ${token}` };
// As many tries as a person has patience; tus-js-client starts over with them whenever bytes arrived.
const retryDelays = Array.from({ length: 12 }, () => 50);
let retries = 0;

function options(photo, more) {
  return {
    endpoint,
    headers,
    retryDelays,
    metadata: { sha256: photo.sha256, photo: photo.photo, kind: "original", filetype: "image/jpeg" },
    urlStorage: new FileUrlStorage(join(folder, "urls.json")),
    fingerprint: async () => photo.sha256,
    onShouldRetry: (error) => {
      const status = error.originalResponse?.getStatus() ?? 0;
      retries += 1;
      return status < 400 || status === 409 || status === 423 || status >= 500;
    },
    ...more,
  };
}

/** Sends a photo to its end, going on where an earlier upload of it stopped. */
function send(photo, more = {}) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(photo.path), options(photo, { ...more, onError: reject, onSuccess: () => resolve(upload) }));
    upload.findPreviousUploads().then((previous) => {
      if (previous.length > 0) upload.resumeFromPreviousUpload(previous[0]);
      upload.start();
    }, reject);
  });
}

/** Sends a part of a photo and leaves it, as a closed page does. */
function leave(photo, atBytes) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(photo.path), options(photo, {
      chunkSize: 16 * 1024,
      onError: reject,
      onSuccess: () => reject(new Error("it was to be left in the middle")),
      onChunkComplete: (_, accepted) => {
        if (accepted >= atBytes) upload.abort().then(() => resolve(accepted), reject);
      },
    }));
    upload.start();
  });
}

const [left, created, ...others] = photos;
const leftAt = await leave(left, Math.floor(statSync(left.path).size / 2));
const resumed = await send(left);
await send(created, { uploadDataDuringCreation: true, chunkSize: 64 * 1024 });
for (const photo of others) await send(photo);

// Termination: the address is gone afterwards.
const ended = new tus.Upload(createReadStream(photos[0].path), options(photos[0]));
await tus.Upload.terminate(resumed.url, { headers, retryDelays });
const gone = await fetch(resumed.url, { method: "HEAD", headers: { ...headers, "Tus-Resumable": "1.0.0" } });
ended.abort();
console.log(JSON.stringify({ leftAt, retries, goneStatus: gone.status }));
