"""Uploads photos with tuspy as any program would, over a link that breaks: retries, checksums, resumes.

Argument: a JSON file {endpoint, token, folder, photos: [{path, photo, sha256}]}. Prints one line of JSON.
"""

import json
import os
import sys

from tusclient import client
from tusclient.exceptions import TusCommunicationError, TusUploadFailed
from tusclient.fingerprint import fingerprint
from tusclient.storage import filestorage

TRIES_MAX = 60
config = json.load(open(sys.argv[1], encoding="utf-8"))
tus = client.TusClient(config["endpoint"], headers={"Authorization": "Bearer " + config["token"]})
storage = filestorage.FileStorage(os.path.join(config["folder"], "urls.tinydb"))
broken = 0


def uploader(photo, **more):
    """A fresh uploader: what an earlier one reached it learns from the stored address and the server."""
    metadata = {"sha256": photo["sha256"], "photo": photo["photo"], "kind": "original", "filetype": "image/jpeg"}
    return tus.uploader(
        photo["path"], metadata=metadata, store_url=True, url_storage=storage,
        fingerprinter=fingerprint.Fingerprint(), **more,
    )


def send(photo, **more):
    """Sends a photo to its end, beginning again where it stands whenever the link breaks."""
    global broken
    for _ in range(TRIES_MAX):
        try:
            uploader(photo, **more).upload()
            return
        except (TusCommunicationError, TusUploadFailed, OSError) as error:
            if getattr(error, "status_code", None) in (400, 401, 403, 404, 413, 415, 460) and b"connection ended" not in (
                getattr(error, "response_content", None) or b""
            ):
                raise
            broken += 1
    raise SystemExit(f"{photo['path']} did not arrive in {TRIES_MAX} tries")


for number, photo in enumerate(config["photos"]):
    if number % 2 == 0:
        send(photo, chunk_size=48 * 1024, upload_checksum=True)
    else:
        send(photo)
print(json.dumps({"broken": broken}))
