"""Reads and writes by soundcloud-mcp in the sandbox at argv[1], with the token argv[2] and the files of argv[3].

Prints what each call gave, by its name, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

os.environ.pop("SSL_CERT_FILE", None)  # tests set it to a file without certificates, which this client cannot load

from soundcloud_mcp import client  # type: ignore[import-not-found]

SANDBOX, TOKEN, FOLDER = sys.argv[1], sys.argv[2], Path(sys.argv[3])


async def token() -> str:
    return TOKEN


async def main() -> None:
    client.API_BASE = f"{SANDBOX}/public"
    client.get_valid_access_token = token
    mine = client.SoundCloudClient()
    audio, picture = str(FOLDER / "a.mp3"), str(FOLDER / "a.png")
    gave = {
        "me": await mine.get_me(),
        "before": await mine.list_my_tracks(limit=5),
        "made": await mine.upload_track(
            file_path=audio,
            title="Made",
            description="D",
            genre="Dub",
            tag_list='"deep house" live',
            artwork_path=picture,
        ),
    }
    id = gave["made"]["id"]
    gave["changed"] = await mine.update_track(id, title="Changed", release="R", label_name="L", sharing="private")
    gave["pictured"] = await mine.update_track(id, title="Pictured", artwork_path=picture)
    gave["read"] = await mine.get_track(id)
    gave["playlist"] = await mine.create_playlist(title="P", track_ids=[id, 293], description="D", artwork_path=picture)
    gave["deleted"] = await mine.delete_track(id)
    gave["after"] = await mine.list_my_tracks(limit=5)
    await mine.close()
    print(json.dumps(gave))


asyncio.run(main())
