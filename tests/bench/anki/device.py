"""device.py create|edit|sync|dump FOLDER ACTOR [FILE|URL]: one step of a device; a document is a note of 26 fields."""

import hashlib
import json
import os
import sys
import time

from anki.collection import AddNoteRequest, Collection

FIELDS = ["id", "kind", "site_id", "township", "status", *(f"f{n:02}" for n in range(1, 21)), "remarks"]
NOTES_AT_ONCE = 1000
DEFAULT_DECK = 1


def note_type(col):
    known = col.models.by_name("record")
    if known:
        return known
    made = col.models.new("record")
    for field in FIELDS:
        col.models.add_field(made, col.models.new_field(field))
    card = col.models.new_template("card")
    card["qfmt"], card["afmt"] = "{{id}}", "{{remarks}}"
    col.models.add_template(made, card)
    col.models.add(made)
    return col.models.by_name("record")


def create(col, path):
    kind, requests = note_type(col), []
    for line in open(path, encoding="utf-8"):
        document, note = json.loads(line), col.new_note(kind)
        note.fields = [str(document[field]) for field in FIELDS]
        requests.append(AddNoteRequest(note=note, deck_id=DEFAULT_DECK))
    for at in range(0, len(requests), NOTES_AT_ONCE):
        col.add_notes(requests[at : at + NOTES_AT_ONCE])


def edit(col, path):
    # Anki tells two edits apart by whole seconds; two devices within one second would stay different.
    time.sleep(1.1)
    notes = {fields.split("\x1f", 1)[0]: note for note, fields in col.db.all("select id, flds from notes")}
    changed = []
    for one in json.load(open(path, encoding="utf-8")):
        note = col.get_note(notes[one["id"]])
        note[one["field"]] = str(one["value"])
        changed.append(note)
    col.update_notes(changed)


def sync(col, url):
    login = col.sync_login("user", "pass", url + "/")
    out = col.sync_collection(login, False)
    if out.required in (out.FULL_SYNC, out.FULL_UPLOAD, out.FULL_DOWNLOAD):
        col.close_for_full_sync()
        col.full_upload_or_download(auth=login, server_usn=None, upload=out.required == out.FULL_UPLOAD)
        col.reopen(after_full_sync=True)


def dump(col, _):
    rows = sorted(fields for (fields,) in col.db.all("select flds from notes"))
    digest = hashlib.sha1("".join(rows).encode()).hexdigest()[:16]
    print(f"docs={len(rows)} conflicts=0 digest={digest}")


step, folder, _actor, *given = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
collection = Collection(os.path.join(folder, "collection.anki2"))
{"create": create, "edit": edit, "sync": sync, "dump": dump}[step](collection, given[0] if given else None)
collection.close()
