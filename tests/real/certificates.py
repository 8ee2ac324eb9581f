"""Certificates for tests, and the certificate authorities that sign them."""

import subprocess

from parts import need


def openssl(*arguments):
    need("openssl")
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def authority(folder, name):
    """The (certificate, key) files of a new authority."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", f"/CN={name}", "-days", "2", "-keyout", key, "-out", pem,
    )  # fmt: skip
    return pem, key


def certificate(folder, name, signer, *validity, names="IP:127.0.0.1,DNS:localhost"):
    """The (certificate, key) files that an authority signed for these names."""
    pem, key, csr, more = (folder / f"{name}.{end}" for end in ("pem", "key", "csr", "ext"))
    openssl(
        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", f"/CN={name}", "-keyout", key, "-out", csr,
    )  # fmt: skip
    more.write_text(f"subjectAltName={names}\n")
    openssl(
        "x509", "-req", "-in", csr, "-CA", signer[0], "-CAkey", signer[1], "-CAcreateserial",
        "-extfile", more, *(validity or ("-days", "2")), "-out", pem,
    )  # fmt: skip
    return pem, key
