"""A crawl that is refused after its job directory was opened lets go of it."""

from pathlib import Path

import pytest

from sc_spiders.feeds.files import FeedFiles
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl

OFF = {"sc_spiders.feeds.exporter.PageFeedExporter": None, "scrapy.extensions.feedexport.FeedExporter": None}


def test_where_nothing_writes_pages_the_job_directory_is_free_again(tmp_path: Path, sandbox: Sandbox) -> None:
    job = {"JOBDIR": str(tmp_path / "job")}
    assert crawl("user", tmp_path, sandbox=sandbox, settings={**job, "EXTENSIONS": OFF}, user="forss").code == 2
    assert crawl("user", tmp_path, sandbox=sandbox, settings=job, user="forss").code == 0


def test_where_the_output_cannot_be_emptied_the_job_directory_is_free_again(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = {"JOBDIR": str(tmp_path / "job")}

    def start(self: FeedFiles, lengths: object) -> None:
        raise PermissionError("read-only")

    with monkeypatch.context() as patch:
        patch.setattr(FeedFiles, "start", start)
        assert crawl("user", tmp_path, sandbox=sandbox, settings=job, user="forss").code == 2
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "The output or the job directory cannot be written there; choose another place: read-only"
    ]
    assert crawl("user", tmp_path, sandbox=sandbox, settings=job, user="forss").code == 0
