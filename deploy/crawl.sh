#!/usr/bin/env bash
# One crawl a week of the users in seeds.txt; docs/operate.md tells how cron, systemd and Airflow start it.
# Start it as often as you like: a crawl that was stopped goes on, one that has finished does nothing, and while one runs, no
# other begins.
set -euo pipefail
cd "$(dirname "$0")"
export PATH="$PWD/.venv/bin:$PATH" SCRAPY_SETTINGS_MODULE=sc_spiders.settings

# Credentials are on no command line, where other users could read them.
if [ -e environment ]; then
    set -o allexport
    source ./environment
    set +o allexport
fi

week=$(date +%G-W%V)
exec flock --no-fork --nonblock --conflict-exit-code 0 crawl.lock \
    scrapy crawl user -a user=@seeds.txt -a include=profile,tracks,comments -a since=last -s JOBDIR="jobs/$week"
