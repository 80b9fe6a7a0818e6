"""A crawl that is refused after its job directory was opened lets go of it."""

from pathlib import Path

import pytest

from sc_spiders.errors import ArgumentError
from sc_spiders.feeds.files import FeedFiles
from sc_spiders.frontier.base import CrawlStatus
from sc_spiders.frontier.directory import LEFT, STORE
from sc_spiders.frontier.job_files import JobFiles
from sc_spiders.frontier.own_jobs import JOB, OwnJobs
from sc_spiders.sandbox import Sandbox
from tests.support.crawl import crawl

from .test_protocol import spec, users

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


def test_a_job_that_can_be_neither_resumed_nor_marked_is_not_tried_for_ever(tmp_path: Path) -> None:
    """For instance, the user may have no more files."""
    job = tmp_path / "2026-01-01T00-00-00" / JOB
    job.mkdir(parents=True)
    (job / STORE).write_bytes(b"nothing of use\n" * 1000)
    (job / LEFT).symlink_to(tmp_path / "nowhere" / "nothing")  # so that it cannot be made
    jobs = OwnJobs(tmp_path, fresh=False)
    tried = 0

    def attempt(files: JobFiles, new: CrawlStatus) -> None:
        nonlocal tried
        tried += 1
        files.release()
        assert tried == 1
        raise ArgumentError("damaged")

    with pytest.raises(FileNotFoundError):
        jobs.open(spec(users(1)), "worker", attempt)
