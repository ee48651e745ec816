"""Part `photos`: 12-megapixel pictures: taking them in beside `vipsthumbnail`, sending them beside a plain PUT."""

import json
import shutil

from machine import CACHE, Served, run, say
from peers import DEVICE, FORM, add_user, enrol, serve, town_codes

PICTURES = 24
WIDTH_PX, HEIGHT_PX = 4000, 3000
QUALITY = 88
WALLPAPER = "/usr/share/backgrounds/mate/nature/Aqua.jpg"
THUMBNAIL_PX, VIEW_PX = 320, 2048  # what `crates/device/src/photos` makes
NOISE = 8  # grain like a camera's: without it a picture is far too easy to unpack


def pictures():
    """Pictures of a phone's size and grain, each another."""
    folder = CACHE / "pictures"
    wanted = [folder / f"{number:02}.jpg" for number in range(PICTURES)]
    if all(picture.exists() for picture in wanted):
        return wanted
    folder.mkdir(parents=True, exist_ok=True)
    base, grain, mixed = folder / "base.v", folder / "grain.v", folder / "mixed.v"
    run(["vips", "thumbnail", WALLPAPER, base, WIDTH_PX, "--height", HEIGHT_PX, "--size", "force"])
    for number, picture in enumerate(wanted):
        run(["vips", "gaussnoise", grain, WIDTH_PX, HEIGHT_PX, "--sigma", NOISE, "--mean", 0, "--seed", number])
        run(["vips", "add", base, grain, mixed])
        run(["vips", "cast", mixed, f"{folder}/cast.v", "uchar"])
        run(["vips", "jpegsave", f"{folder}/cast.v", picture, "--Q", QUALITY])
    for scratch in folder.glob("*.v"):
        scratch.unlink()
    return wanted


def part():
    files, folder, out = pictures(), CACHE / "run/photos", {}
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    intake = run([DEVICE, "intake", folder / "photos", *files])
    out["intake"] = json.loads(intake["out"]) | {"cpu_s": intake["cpu_s"], "mib": intake["mib"]}
    for label, sides in (("vipsthumbnail, thumbnail", [THUMBNAIL_PX]), ("vipsthumbnail, both", [THUMBNAIL_PX, VIEW_PX])):
        runs = [run(["vipsthumbnail", *files, "--size", side, "-o", f"{folder}/%s-{side}.jpg"]) for side in sides]
        out[label] = {what: sum(one[what] for one in runs) for what in ("s", "cpu_s")} | {"pictures": len(files)}
    out["put"] = json.loads(run([DEVICE, "put", folder / "put", *files])["out"])
    store = folder / "server"
    (store / "forms").mkdir(parents=True)
    shutil.copy(FORM, store / "forms")
    add_user(store, "officer", town_codes())
    with Served(serve(store), folder / "server.log"):
        enrol(store, folder / "A", "officer", "http://127.0.0.1:18431")
        run([DEVICE, "attach", folder / "A", *files])
        upload = run([DEVICE, "sync", folder / "A"])
    out["upload"] = {"s": upload["s"], "bytes": out["put"]["bytes"], "sent": json.loads(upload["out"])["photos_sent"]}
    say(f"photos: {out}")
    (CACHE / "photos.json").write_text(json.dumps(out, indent=1))
    return out
