"""What schemathesis needs to know of this server: how our media types are sent, and the ids of things that are there.

SHANXUN_IDS names a JSON file {"documents": [...], "photos": [...]}.
"""

import json
import os
import random

import schemathesis

with open(os.environ["SHANXUN_IDS"], encoding="utf-8") as file:
    IDS = json.load(file)


@schemathesis.serializer("application/vnd.shanxun.sync", "application/offset+octet-stream")
def as_bytes(_context, value):
    """Bodies that are bytes go as they are."""
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.deserializer("application/vnd.shanxun.sync", "image/*", "image/jpeg")
def from_bytes(_context, response):
    """Answers that are bytes are what the description calls a string."""
    return response.content.decode("latin-1")


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Half of the calls are for something that is there; only then are whole answers seen."""
    path = context.operation.path
    if path_parameters and random.random() < 0.5:
        if "id" in path_parameters and path.startswith(("/v1/documents", "/v1/console/records", "/v1/console/conflicts")):
            path_parameters["id"] = random.choice(IDS["documents"])
        if "sha256" in path_parameters:
            path_parameters["sha256"] = random.choice(IDS["photos"])
    return path_parameters
