"""admin.py - what a test asks of its broker as an administrator: rights, and topics deleted.

Speaks Kafka's protocol itself, over TLS with SASL PLAIN: librdkafka has no name for the rights on a
transactional id, and a Java tool for each order would take longer than all the rest.
"""
import socket
import ssl
import struct
import time

SASL_HANDSHAKE, SASL_AUTHENTICATE = (17, 1), (36, 1)
CREATE_ACLS, DELETE_ACLS, DELETE_TOPICS = (30, 1), (31, 1), (20, 3)
METADATA, CREATE_TOPICS = (3, 4), (19, 4)
ALLOW = 3
UNKNOWN_TOPIC, TOPIC_EXISTS = 3, 36


def text(value):
    data = value.encode()
    return struct.pack(">h", len(data)) + data


class Admin:
    def __init__(self, address, ca, user, password):
        host, port = address.rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), timeout=60)
        context = ssl.create_default_context(cafile=ca)
        self.socket = context.wrap_socket(plain, server_hostname=host)
        self.number = 0
        self.ask(SASL_HANDSHAKE, text("PLAIN"))
        secret = f"\0{user}\0{password}".encode()
        self.refuse(self.ask(SASL_AUTHENTICATE, struct.pack(">i", len(secret)) + secret)[:2])

    def receive(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the broker has closed the connection")
            data += more
        return data

    def ask(self, call, body):
        """The answer to a request, without its head."""
        self.number += 1
        request = struct.pack(">hhi", *call, self.number) + text("admin") + body
        self.socket.sendall(struct.pack(">i", len(request)) + request)
        size, = struct.unpack(">i", self.receive(4))
        return self.receive(size)[4:]

    def refuse(self, code, *harmless):
        number, = struct.unpack(">h", code)
        if number and number not in harmless:
            raise RuntimeError(f"the broker answers with error {number}")

    def grant(self, right):
        body = struct.pack(">ib", 1, right.kind) + text(right.name)
        body += struct.pack(">b", right.pattern) + text(right.principal) + text("*")
        body += struct.pack(">bb", right.operation, ALLOW)
        self.refuse(self.ask(CREATE_ACLS, body)[8:10])

    def take(self, right):
        body = struct.pack(">ib", 1, right.kind) + text(right.name)
        body += struct.pack(">b", right.pattern) + text(right.principal) + text("*")
        body += struct.pack(">bb", right.operation, ALLOW)
        self.refuse(self.ask(DELETE_ACLS, body)[8:10])

    def delete_topic(self, name):
        answer = self.ask(DELETE_TOPICS, struct.pack(">i", 1) + text(name) +
                          struct.pack(">i", 30000))
        self.refuse(answer[-2:], UNKNOWN_TOPIC)
        # The controller has deleted it; the broker that a program asks hears of it a moment later.
        while self.exists(name):
            time.sleep(0.05)

    def create_topic(self, name, partitions):
        body = struct.pack(">i", 1) + text(name) + struct.pack(">ihiiib", partitions, -1, 0, 0,
                                                               30000, 0)
        answer = self.ask(CREATE_TOPICS, body)
        self.refuse(answer[10 + len(name):][:2], TOPIC_EXISTS)

    def exists(self, name):
        answer = self.ask(METADATA, struct.pack(">i", 1) + text(name) + b"\0")
        return answer[self.topics_at(answer):][4:6] != struct.pack(">h", UNKNOWN_TOPIC)

    @staticmethod
    def topics_at(answer):
        """Where the topics begin: behind the brokers, the cluster's id and the controller."""
        def after_text(at):
            size, = struct.unpack_from(">h", answer, at)
            return at + 2 + max(size, 0)
        count, = struct.unpack_from(">i", answer, 4)
        at = 8
        for _ in range(count):
            at = after_text(after_text(at + 4) + 4)
        return after_text(at) + 4
