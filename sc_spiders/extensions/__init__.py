"""Scrapy extensions: progress, summary, drift."""
