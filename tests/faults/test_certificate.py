"""An untrusted certificate is reported, and nothing is sent to its server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.crawl import Crawls

HASTE = ("-s", "SC_ATTEMPTS=2", "-s", "FAULTS_FIRST_WAIT=0.01")


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[tuple[str, list[bytes]]]:
    """A TLS server with a self-signed certificate: its URL, and the data that it received."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    told: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            with suppress(ssl.SSLError, ConnectionError):
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                with context.wrap_socket(plain, server_side=True) as connection:
                    told.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"https://localhost:{listener.getsockname()[1]}", told


def test_of_the_web_page(crawls: Crawls, stranger: tuple[str, list[bytes]]) -> None:
    url, told = stranger
    crawl = crawls.run("user_graph", *HASTE, settings={"SC_V2_URL": url, "SC_WEB_URL": url}, user="1")

    assert crawl.code == 4
    (error,) = crawl.errors
    assert f"the web page {url}/: its TLS certificate is not trusted" in error
    assert not any(told)


def test_of_the_api(crawls: Crawls, stranger: tuple[str, list[bytes]]) -> None:
    url, told = stranger
    crawl = crawls.run("user_graph", *HASTE, settings={"SC_V2_URL": url, "SC_CLIENT_ID": "a" * 32}, user="1")

    assert crawl.code == 1
    assert "    user of 1: error (certificate)" in crawl.log
    assert not any(told)
