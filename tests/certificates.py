"""Certificates for tests, made by the `openssl` command."""

import ssl
import subprocess


def make_certificate(folder, name="server", common_name="arc test"):
    """Writes NAME.crt and NAME.key, which name themselves as authority; returns the paths."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", f"/CN={common_name}",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )
    return certificate, key


def tls_settings(certificate, key):
    return {"server.tls_enabled": "true", "server.tls_cert_file": certificate,
            "server.tls_key_file": key}


def client_context(certificate):
    """What a client needs to believe the server with this certificate."""
    return ssl.create_default_context(cafile=certificate)
