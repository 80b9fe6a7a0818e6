"""Whether Scrapyd answers. Docker runs it in the container, and shows an exit code other than 0 as `unhealthy`."""

import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException

# 401: it is healthy, and has a password.
HEALTHY = (200, 401)


def main(port: int = 6800) -> int:
    try:
        status = ask(port)
    except (OSError, HTTPException) as error:
        print(f"Scrapyd does not answer at port {port}: {error}")
        return 1
    print(f"Scrapyd answers with status {status}")
    return 0 if status in HEALTHY else 1


def ask(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/daemonstatus.json")
        with connection.getresponse() as response:
            return response.status


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
