"""A real Kafka with listeners as in production, beside the plain one: SSL with client certificates, SASL_SSL and SASL_PLAINTEXT with PLAIN,
SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER (unsecured tokens). Certificates are made by openssl for each broker.

    with SecuredKafka(folder) as kafka: kafka.addresses["SASL_SSL"]

DIR/tls holds ca.pem, other-ca.pem (of nobody here), client.pem and client.key; DIR/listeners one 'PROTOCOL host:port' a line. The user is USER with
PASSWORD. Clients are told to authenticate again every REAUTHENTICATE_MS.
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kafka import Kafka  # noqa: E402
from service import free_ports  # noqa: E402

USER, PASSWORD = "alice", "alice-secret"
REAUTHENTICATE_MS = 3000
PROTOCOLS = ("SSL", "SASL_SSL", "SASL_PLAINTEXT")
MODULE = "org.apache.kafka.common.security"


def openssl(*arguments, **options):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


class SecuredKafka(Kafka):
    name = "Kafka with TLS and SASL"

    @property
    def tls(self):
        return self.folder / "tls"

    @property
    def addresses(self):
        return dict(line.split() for line in (self.folder / "listeners").read_text().splitlines())

    def extend(self, properties):
        self._make_certificates()
        ports = dict(zip(PROTOCOLS, free_ports(len(PROTOCOLS))))
        (self.folder / "listeners").write_text("".join(f"{name} localhost:{port}\n" for name, port in ports.items()))
        for key, host in (("listeners", "127.0.0.1"), ("advertised.listeners", "localhost")):
            properties[key] += "".join(f",{name}://{host}:{port}" for name, port in ports.items())
        properties.update({
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.tls / "server.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.tls / "ca.pem"),
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "connections.max.reauth.ms": str(REAUTHENTICATE_MS),
        })
        for listener in ("sasl_ssl", "sasl_plaintext"):
            prefix = f"listener.name.{listener}."
            properties.update({
                prefix + "plain.sasl.jaas.config": f'{MODULE}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
                prefix + "scram-sha-256.sasl.jaas.config": f"{MODULE}.scram.ScramLoginModule required;",
                prefix + "scram-sha-512.sasl.jaas.config": f"{MODULE}.scram.ScramLoginModule required;",
                prefix + "oauthbearer.sasl.jaas.config":
                    f'{MODULE}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
            })

    def start(self, tied=False):
        is_new = not (self.folder / "server.properties").exists()
        super().start(tied)
        if is_new:
            for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
                self.run("ConfigCommand", "--alter", "--entity-type", "users", "--entity-name", USER, "--add-config", f"{mechanism}=[password={PASSWORD}]")
        return self

    def _make_certificates(self):
        tls = self.tls
        tls.mkdir(exist_ok=True)
        for name in ("ca", "other-ca"):
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN=test {name}",
                    "-keyout", tls / f"{name}.key", "-out", tls / f"{name}.pem")
        (tls / "names").write_text("subjectAltName=DNS:localhost\n")  # not 127.0.0.1, so that a wrong name can be tested
        for name in ("server", "client"):
            openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout", tls / f"{name}.key",
                    "-out", tls / f"{name}.csr")
            openssl("x509", "-req", "-in", tls / f"{name}.csr", "-CA", tls / "ca.pem", "-CAkey", tls / "ca.key", "-CAcreateserial", "-days", "2",
                    "-extfile", tls / "names", "-out", tls / f"{name}.pem")
        server = tls / "server.pem"
        server.write_text((tls / "server.key").read_text() + server.read_text())
