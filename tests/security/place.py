"""place.py - where security.py plays: a broker and a PostgreSQL that take nobody at his word.

Both speak TLS, by certificates that are made here, and know a user with a password for each
program; the broker asks its StandardAuthorizer about everything.
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chaos"))
from admin import Admin  # noqa: E402
from lab import DATABASE, Lab, call  # noqa: E402

PROGRAMS = ("run", "sink", "web", "generate", "load", "verify", "query", "reset")


def openssl(*words):
    call("openssl", *words)


def make_authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2", "-subj", f"/CN={name} authority", "-keyout", f"{folder}/{name}.key",
            "-out", f"{folder}/{name}.pem")


def make_certificate(folder, authority, name):
    """For 127.0.0.1 alone, so that `localhost` is a wrong name. NAME.both is key and chain."""
    base = os.path.join(folder, name)
    with open(f"{base}.ext", "w", encoding="utf-8") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
            "/CN=127.0.0.1", "-keyout", f"{base}.key", "-out", f"{base}.csr")
    openssl("x509", "-req", "-in", f"{base}.csr", "-CA", f"{folder}/{authority}.pem", "-CAkey",
            f"{folder}/{authority}.key", "-CAcreateserial", "-days", "2", "-extfile",
            f"{base}.ext", "-out", f"{base}.crt")
    with open(f"{base}.both", "w", encoding="utf-8") as both:
        for part in (f"{base}.key", f"{base}.crt", f"{folder}/{authority}.pem"):
            with open(part, encoding="utf-8") as file:
                both.write(file.read())


class Place(Lab):
    def __init__(self):
        self.passwords = {name: secrets.token_hex(12)
                          for name in (*PROGRAMS, "broker", "admin", "database")}
        super().__init__("security")
        self.ca = os.path.join(self.dir, "ours.pem")
        self.secure_database()
        self.admin = Admin(self.bootstrap, self.ca, "admin", self.passwords["admin"])

    # ---- servers ----

    def broker_settings(self):
        make_authority(self.dir, "ours")
        make_authority(self.dir, "other")
        make_certificate(self.dir, "ours", "server")
        users = "".join(f' user_{name}="{word}"' for name, word in self.passwords.items())
        jaas = ("org.apache.kafka.common.security.plain.PlainLoginModule required "
                f'username="broker" password="{self.passwords["broker"]}"{users};')
        return ["listeners=CLIENTS://127.0.0.1:%PORT%,CONTROLLER://127.0.0.1:%CONTROLLER%",
                "advertised.listeners=CLIENTS://127.0.0.1:%PORT%",
                "listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name=CLIENTS", "sasl.enabled.mechanisms=PLAIN",
                "sasl.mechanism.inter.broker.protocol=PLAIN",
                f"listener.name.clients.plain.sasl.jaas.config={jaas}",
                "ssl.keystore.type=PEM", f"ssl.keystore.location={self.dir}/server.both",
                "ssl.truststore.type=PEM", f"ssl.truststore.location={self.dir}/ours.pem",
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users=User:ANONYMOUS;User:broker;User:admin"]

    def secure_database(self):
        """The server takes the certificate, and connections of the network by TLS alone."""
        data = os.path.realpath(os.path.join(self.database, "data"))
        for source, target in (("server.crt", "server.crt"), ("server.key", "server.key")):
            with open(os.path.join(self.dir, source), "rb") as file:
                content = file.read()
            target = os.path.join(data, target)
            with open(target, "wb", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(content)
            owner = os.stat(data)
            os.chown(target, owner.st_uid, owner.st_gid)
        with open(os.path.join(data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.write("ssl = on\n")
        with open(os.path.join(data, "pg_hba.conf"), "w", encoding="utf-8") as file:
            file.write("hostssl all all 127.0.0.1/32 scram-sha-256\n")
        call(DATABASE, "stop", self.database)
        call(DATABASE, "restart", self.database)

    # ---- what the programs are told ----

    def database_of(self, host="127.0.0.1", ca=None, passfile=None):
        words = self.conninfo.replace("host=127.0.0.1", f"host={host} hostaddr=127.0.0.1")
        if passfile:
            words = words.split(" passfile=")[0] + f" passfile={passfile}"
        return f"{words} sslmode=verify-full sslrootcert={ca or self.ca}"

    def config_of(self, program, name=None, **changes):
        """A file for one program; changes are settings, their dots as two underscores."""
        path = os.path.join(self.dir, f"{name or program}.conf")
        lines = {"application.id": "blackfriday", "bootstrap.servers": self.bootstrap,
                 "schema.registry.url": "mock://security",
                 "state.dir": os.path.join(self.dir, "state"),
                 "repartition.purge.interval.ms": "500",
                 "blackfriday.database": self.database_of(),
                 "kafka.security.protocol": "SASL_SSL", "kafka.sasl.mechanisms": "PLAIN",
                 "kafka.sasl.username": program, "kafka.sasl.password": self.passwords[program],
                 "kafka.ssl.ca.location": self.ca, "kafka.broker.address.family": "v4",
                 "kafka.session.timeout.ms": "6000"}
        lines.update({key.replace("__", "."): value for key, value in changes.items()})
        with open(path, "w", encoding="utf-8",
                  opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.writelines(f"{key} = {value}\n" for key, value in lines.items())
        return path

    def files(self):
        """What the programs have written."""
        return [os.path.join(self.dir, name) for name in sorted(os.listdir(self.dir))
                if name.endswith(".log")]
