"""`scrapy` subcommands of this project."""
