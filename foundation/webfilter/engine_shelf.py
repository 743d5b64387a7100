"""Engines that are in use, so that endpoints with one policy share one engine.

- Under the digest of the document, which is what its RevID stands for; a document that lies about
  its RevID gets an engine of its own.
- An engine is kept for as long as somebody uses it. Nothing is global: whoever composes endpoints
  hands them the same shelf.
- Used from executors: one engine is built at a time, and whoever waits for the same one gets it.

Provenance: ours.
"""

import hashlib
import threading
import weakref

from foundation.protocol.policies import compliance_of, read_policy
from foundation.webfilter.engine import Engine
from foundation.webfilter.policy_reading import web_policy_of


class EngineShelf:
    """Engines by document."""

    def __init__(self) -> None:
        self._engines: weakref.WeakValueDictionary[str, Engine] = weakref.WeakValueDictionary()
        self._turn = threading.Lock()

    def engine_of(self, document: bytes) -> Engine:
        """Return the engine of a policy document, built if nobody has it yet; it may take long.

        Raises:
            PolicyRefusedError: The document is no policy, or has no RevID.
        """
        digest = hashlib.sha256(document).hexdigest()
        with self._turn:
            engine = self._engines.get(digest)
            if engine is None:
                root = read_policy(document)
                policy, rev_id = web_policy_of(root), compliance_of(root).rev_id
                engine = self._engines[digest] = Engine(policy, rev_id)
        return engine
