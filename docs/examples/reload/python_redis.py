"""
A Python application on redis-py whose cache changes its token while it works.

redis-py asks its CredentialProvider for each connection that it opens, so that the provider is all there is to it: it reads the
secret and keeps it for a few minutes. A connection that is open is not asked for its token again.

    pip install redis boto3

    credentials = SecretCredentials("autopilot/orders/auth-token")
    cache = open_cache(credentials)
    with_fresh_token(credentials, lambda: cache.set("greeting", "hello"))
"""

import json
import threading
import time

import boto3
from redis.cluster import RedisCluster
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError

# Well below the grace period, for which both tokens are valid (a day, unless the account's policy says otherwise).
KEEP_SECONDS = 5 * 60
# A refused token is asked for anew at once, but not more often than this, however many connections are refused.
ASK_AGAIN_AFTER_SECONDS = 5


class SecretCredentials(CredentialProvider):
    """The user and password in a secret, kept for a time. Threads may share it."""

    def __init__(self, secret_id, secrets=None, keep_seconds=KEEP_SECONDS):
        self._secret_id = secret_id
        self._secrets = secrets or boto3.client("secretsmanager")
        self._keep_seconds = keep_seconds
        self._lock = threading.Lock()
        self._secret = None
        self._read_at = 0.0

    def get_credentials(self):
        """Asked by redis-py for each connection that it opens."""
        secret = self.secret()
        return secret["username"], secret["password"]

    def secret(self):
        """What the secret holds. Fields may be added to it at any time."""
        with self._lock:
            if self._secret is None or time.monotonic() - self._read_at >= self._keep_seconds:
                self._read()
            return self._secret

    def ask_again(self):
        """To be called when the engine has refused the token. Answers whether there is another one now."""
        with self._lock:
            if time.monotonic() - self._read_at < ASK_AGAIN_AFTER_SECONDS:
                return False
            before = self._secret and self._secret["password"]
            self._read()
            return self._secret["password"] != before

    def _read(self):
        try:
            answer = self._secrets.get_secret_value(SecretId=self._secret_id)
            self._secret = json.loads(answer["SecretString"])
        except Exception:
            # While Secrets Manager does not answer, the token that we have is the best one.
            if self._secret is None:
                raise
        self._read_at = time.monotonic()


def open_cache(credentials, **options):
    """A client of a cluster; without cluster mode it is redis.Redis, with the same arguments."""
    secret = credentials.secret()
    return RedisCluster(host=secret["host"], port=secret["port"], ssl=True, credential_provider=credentials, **options)


def with_fresh_token(credentials, command):
    """Runs a command; once more when the engine has refused our token, and a newer one is there."""
    try:
        return command()
    except Exception as error:
        if not (_is_refusal(error) and credentials.ask_again()):
            raise
        return command()


def _is_refusal(error):
    """Whether the engine did not let us in. A cluster says that no node could be reached; the cause says why."""
    while error is not None:
        if isinstance(error, AuthenticationError):
            return True
        error = error.__cause__ or error.__context__
    return False
