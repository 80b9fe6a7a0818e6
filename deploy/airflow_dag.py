"""The crawl of deploy/crawl.sh as a DAG of Airflow 3, to copy to the folder of DAGs. docs/operate.md says more."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("sc_spiders", schedule="@weekly", start_date=datetime(2026, 1, 5), catchup=False, max_active_runs=1):
    BashOperator(
        task_id="crawl",
        # The space keeps Airflow from taking a command that ends in .sh for the name of a template.
        bash_command="/srv/crawl/crawl.sh ",
        # A crawl that was stopped goes on, and lists that were blocked or had no answer are tried again.
        retries=5,
        retry_delay=timedelta(hours=1),
    )
