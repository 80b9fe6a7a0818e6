"""Other people's spiders in the project: their requests pass through, their items go to the feeds."""

from pathlib import Path

from sc_spiders.sandbox import Sandbox
from tests.support.crawl import Crawls

SPIDER = """
import os
import scrapy

class Plain(scrapy.Spider):
    name = "plain"
    start_urls = [os.environ["SC_V2_URL"] + path for path in ("/users/183", "/users/183/followers")]

    def parse(self, response):
        yield {"status": response.status}
"""


def test_a_plain_spider_begins_anew_each_time_whatever_its_job_directory(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "plain.py").write_text(SPIDER)
    crawls = Crawls(tmp_path)
    for output in ("one.jsonl", "two.jsonl"):
        words = ("plain", "-s", "SPIDER_MODULES=plain", "-s", "JOBDIR=job", "-o", output)
        crawl = crawls.ended(crawls.start(*words, sandbox=sandbox))
        assert crawl.code == 0, crawl.log
        assert (tmp_path / output).read_text() == '{"status": 200}\n' * 2
