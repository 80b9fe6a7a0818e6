"""A Scrapy project that turns SoundCloud's APIs into complete, validated, resumable data sets."""

__version__ = "0.1.0"
