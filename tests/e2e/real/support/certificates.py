# SPDX-License-Identifier: Apache-2.0
"""A certificate authority of the test's own and the servers' certificates, by openssl(1)."""
import pathlib

from .processes import run

_SETTINGS = """
[ca]
default_ca = own
[own]
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = any_name
[any_name]
"""


class Authority:
    """Signs certificates; `file` is what clients are told to trust."""

    def __init__(self, folder, name, days=2):
        self._folder = pathlib.Path(folder) / name
        self._folder.mkdir()
        self.file = self._folder / "ca.pem"
        self._key = self._folder / "ca.key"
        self._settings = self._folder / "settings"
        self._settings.write_text(_SETTINGS.format(folder=self._folder))
        (self._folder / "index").touch()
        (self._folder / "serial").write_text("1001\n")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", days, "-subj", f"/CN={name}", "-keyout", self._key, "-out",
            self.file)

    def issue(self, name, alternative_names, expired=False, days=1):
        """Makes NAME.pem and NAME.key and returns both paths."""
        certificate, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        request, extra = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extra.write_text(f"subjectAltName={alternative_names}\nbasicConstraints=CA:FALSE\n"
                         "extendedKeyUsage=serverAuth\n")
        run("openssl", "req", "-config", self._settings, "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-keyout", key,
            "-out", request)
        times = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"]
        run("openssl", "ca", "-batch", "-notext", "-config", self._settings, "-cert", self.file,
            "-keyfile", self._key, "-extfile", extra, "-in", request, "-out", certificate,
            *(times if expired else ["-days", days]))
        key.chmod(0o600)
        return certificate, key
